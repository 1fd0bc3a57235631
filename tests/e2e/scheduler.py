# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scheduler of the lab's Entra Connect server and what it ran, as an administrator would see it there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from lab.connect_server import environment

NOTE = "SOFTWARE\\hybrid.identity\\SchedulerHold"
# What may differ between two tests.
FILES = ("scheduler.json", "estate.json", "windows.json", "faults.json")
# What a run prints that holds it.
HELD = "Hold the scheduler, and wait for a cycle in progress] ***\nok:"


class Server:
    """The files behind the stand-in."""

    def __init__(self, connect: Path) -> None:
        self.connect = connect

    def read(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.connect / name).read_text("utf-8")))

    def change(self, name: str, **values: Any) -> None:
        (self.connect / name).write_text(json.dumps({**self.read(name), **values}), encoding="utf-8")

    def enabled(self) -> bool:
        return bool(self.read("scheduler.json")["SyncCycleEnabled"])

    def note(self) -> dict[str, str]:
        """The note of a hold in the server's registry."""
        return dict(self.read("windows.json")["registry"].get(NOTE, {}))

    def noted(self) -> list[str]:
        """The run that holds the scheduler, if one does."""
        note = self.note()
        return [note["run"]] if note and "released" not in note else []

    def tasks(self) -> list[str]:
        """The names of the scheduled tasks."""
        return sorted(self.read("tasks.json")) if (self.connect / "tasks.json").exists() else []

    def time(self) -> float:
        """What the server's clock has moved on, in seconds."""
        path = self.connect / "clock.json"
        return float(path.read_text("utf-8")) if path.exists() else 0.0

    def jump(self, seconds: int) -> None:
        """Let time pass on a server whose Task Scheduler does not work."""
        (self.connect / "clock.json").write_text(str(self.time() + seconds), encoding="utf-8")

    def advance(self, seconds: int) -> None:
        """Let time pass, with all that the server does by itself meanwhile."""
        script = f"Import-Module -Name ADSync; Wait-ConnectPoll -Seconds {seconds}"
        command = ["pwsh", "-NoProfile", "-NonInteractive", "-Command", script]
        subprocess.run(command, env={**os.environ, **environment(self.connect)}, check=True, timeout=600)

    def clean(self, kept: Path) -> None:
        """Make the server what it was when `keep` copied it."""
        for name in FILES:
            shutil.copy(kept / name, self.connect / name)
        for name in ("tasks.json", "waiting.json"):
            (self.connect / name).unlink(missing_ok=True)

    def keep(self, folder: Path) -> None:
        for name in FILES:
            shutil.copy(self.connect / name, folder / name)

    def runs(self) -> int:
        """How many runs of a connector the cycles made."""
        return len(list((self.connect / "runs").iterdir()))
