# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scheduler of the lab's Entra Connect server and what it ran, as an administrator would see it there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# What a run prints that holds it.
HELD = "Hold the scheduler, and wait for a cycle in progress] ***\nok:"


class Server:
    """The files behind the stand-in."""

    def __init__(self, connect: Path) -> None:
        self.connect = connect
        self.notes = connect.parent / "held"

    def read(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.connect / name).read_text("utf-8")))

    def change(self, name: str, **values: Any) -> None:
        (self.connect / name).write_text(json.dumps({**self.read(name), **values}), encoding="utf-8")

    def enabled(self) -> bool:
        return bool(self.read("scheduler.json")["SyncCycleEnabled"])

    def noted(self) -> list[str]:
        return sorted(path.name for path in self.notes.glob("*")) if self.notes.exists() else []

    def runs(self) -> int:
        """How many runs of a connector the cycles made."""
        return len(list((self.connect / "runs").iterdir()))
