# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes how long each task took and, where BENCH_KEEP names a folder, what each module returned the last time."""

from __future__ import annotations

DOCUMENTATION = r"""
name: bench_tasks
type: aggregate
short_description: Notes what tasks took
description: Writes to the file that C(BENCH_TASKS) names.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "bench_tasks"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._started: list[tuple[float, str, str]] = []
        self._keep = os.environ.get("BENCH_KEEP")

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._started.append((time.time(), task.get_name(), task.action))

    def v2_runner_on_ok(self, result: Any) -> None:
        if self._keep:
            name = f"{self._started[-1][2].rpartition('.')[2]}.json"
            returned = getattr(result, "result", None) or result._result
            Path(self._keep, name).write_text(json.dumps(returned), encoding="utf-8")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        ends = [started for started, _name, _action in self._started[1:]] + [time.time()]
        tasks = [
            {"name": name, "action": action, "seconds": end - started}
            for (started, name, action), end in zip(self._started, ends, strict=True)
        ]
        Path(os.environ["BENCH_TASKS"]).write_text(json.dumps(tasks), encoding="utf-8")
