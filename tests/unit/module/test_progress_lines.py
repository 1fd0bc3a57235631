# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that an action plugin shows cannot be forged by a host's, a task's or a stage's name."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible.plugins.action.normal import ActionModule
from support.nasty_text import FORGED, INVISIBLE

from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import SIZE
from ansible_collections.hybrid.identity.plugins.plugin_utils.progress import ProgressAction

STATE = {"what": FORGED, "done": 1, "refused": 0, "total": 2, "held_until": None, "finish": None}


class Shown(list[str]):
    """What would be on the screen."""

    def display(self, line: str, stderr: bool) -> None:
        assert stderr
        self.append(line)

    def v(self, line: str) -> None:
        self.append(line)


class Once(threading.Event):
    """A thread looks once."""

    def wait(self, timeout: float | None = None) -> bool:
        seen = self.is_set()
        self.set()
        return seen


class Task:
    no_log = False

    def get_name(self) -> str:
        return FORGED


@pytest.fixture
def action() -> Any:
    made = ProgressAction.__new__(ProgressAction)
    made._display, made._task = Shown(), Task()
    return made


def test_progress(action: Any, tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(json.dumps(STATE).encode().ljust(SIZE))
    handle = os.open(path, os.O_RDONLY)
    action._tell(f"[{FORGED}] task", handle, 0.0, Once())
    os.close(handle)
    (line,) = action._display
    assert "1 of 2 done" in line
    assert not set(line) & INVISIBLE


def test_look_ups_and_notes(action: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = {"identities": 3, "filter_requests": 1, "listing_requests": None}
    monkeypatch.setattr(ActionModule, "run", lambda *_: {"lookup": lookup, "notes": [FORGED]})
    monkeypatch.setattr(ProgressAction, "_interval", lambda _: 0)
    action.run(task_vars={"inventory_hostname": FORGED})
    assert len(action._display) == 2
    assert not set("".join(action._display)) & INVISIBLE
