# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a playbook does as JSON, one object a line, to the file descriptor that LAB_EVENTS names.

Each object has `event`, `stage` (the tag of the chain's stage, or an empty string) and `task`:

- `result`: a host has done the task; with `action`, `changed`, and those of `RETURNED` that the module returned.
- `failed`: a host, or an item of a loop, has failed; with `message`. Errors that are ignored are no failures.
- `end`: the playbook has ended; `changed` is Ansible's own count of changes.
"""

from __future__ import annotations

DOCUMENTATION = r"""
name: lab_events
type: aggregate
short_description: Writes what a playbook does as JSON lines
description: Writes to the file descriptor that C(LAB_EVENTS) names.
"""

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

# The stages of the role hybrid_identity, which are tags of everything that it does in them.
STAGES = frozenset({"ad_domain", "upn_suffixes", "accounts", "hard_match", "sync"})
# What modules return that a person wants to read in one line. It holds counts and names, and no secrets.
RETURNED = ("msg", "summary", "suffixes", "added")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "lab_events"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        descriptor = int(os.environ["LAB_EVENTS"])
        # Whatever the playbook starts must not keep the pipe open.
        os.set_inheritable(descriptor, False)
        self._events = os.fdopen(descriptor, "w", encoding="utf-8")
        self._loops: set[str] = set()

    def v2_runner_on_ok(self, result: Any) -> None:
        task, returned = parts(result)
        known = {name: returned[name] for name in RETURNED if name in returned} if is_ours(task.action) else {}
        self._write("result", task, action=task.action, changed=bool(returned.get("changed")), **known)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        task, returned = parts(result)
        # Of a loop, its items have said more.
        if not ignore_errors and task._uuid not in self._loops:
            self._write("failed", task, message=message_of(returned))

    def v2_runner_item_on_failed(self, result: Any) -> None:
        task, returned = parts(result)
        if not task.ignore_errors:
            self._loops.add(task._uuid)
            self._write("failed", task, message=message_of(returned))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self.v2_runner_on_failed(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._write("end", None, changed=sum(stats.summarize(host)["changed"] for host in stats.processed))

    def _write(self, event: str, task: Any, **more: Any) -> None:
        about = {"stage": stage_of(task.tags), "task": task.get_name()} if task else {"stage": "", "task": ""}
        self._events.write(json.dumps({"event": event, **about, **more}, default=str) + "\n")
        self._events.flush()


def stage_of(tags: list[str]) -> str:
    """The stage that a task belongs to; a task that belongs to several is part of none of them."""
    found = STAGES.intersection(tags)
    return next(iter(found)) if len(found) == 1 else ""


def is_ours(action: str) -> bool:
    return action.startswith("hybrid.identity.")


def parts(result: Any) -> tuple[Any, dict[str, Any]]:
    """The task and what its module returned; ansible-core 2.19 made them public."""
    if hasattr(result, "result"):
        return result.task, dict(result.result)
    return result._task, dict(result._result)


def message_of(returned: dict[str, Any]) -> str:
    """What a person needs to know of a failure."""
    texts = [str(returned.get(key) or "").strip() for key in ("msg", "stderr")]
    return "\n".join(dict.fromkeys(text for text in texts if text)) or "It says no reason."
