# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module as Ansible runs it anyway, and tell meanwhile how far it is.

A module has no way to say anything before it ends; its action plugin has one, ``Display``, which hands lines from the
worker process to the one that prints. The module leaves its state in a private file, and a thread looks at it every few
seconds. The lines go to standard error: standard output belongs to the callback plugin, and may be JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

from ansible import constants as C
from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.visible import visible
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import SIZE, VARIABLE
from ansible_collections.hybrid.identity.plugins.plugin_utils.progress_text import lookup_line, progress_line

INTERVAL = "progress_interval"
_VARIABLE_OF_INTERVAL = "HYBRID_IDENTITY_PROGRESS_INTERVAL"
_DEFAULT_INTERVAL = 5.0


def host_of(task_vars: dict[str, Any] | None) -> str:
    """The name in the inventory of the host that a task runs for, also if the task is delegated."""
    return str((task_vars or {}).get("inventory_hostname", "localhost"))


class ProgressAction(NormalAction):
    """The action plugin of a module that reports its progress. Everything else is as without it."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        label = f"[{host_of(task_vars)}] {self._task.get_name()}"
        with self._progress(label):
            result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.no_log:
            return result
        if isinstance(result.get("lookup"), dict):
            self._display.v(visible(f"{label}: {lookup_line(result['lookup'])}"))
        for note in result.get("notes") or ():
            self._display.v(visible(f"{label}: {note}"))
        return result

    @contextlib.contextmanager
    def environment(self, variables: dict[str, str]) -> Iterator[None]:
        """Add variables to the task's environment for a while."""
        before = self._task.environment
        own = before if isinstance(before, list) else [before] if before else []
        self._task.environment = [*own, variables]
        try:
            yield
        finally:
            self._task.environment = before

    @contextlib.contextmanager
    def _progress(self, label: str) -> Iterator[None]:
        interval = self._interval()
        # A module on another host, or in the background, does not see a file of this process.
        if not interval or self._task.no_log or self._task.async_val or self._connection.transport != "local":
            yield
            return
        handle, path = tempfile.mkstemp(prefix="progress-", dir=C.DEFAULT_LOCAL_TMP)
        stopped = threading.Event()
        thread = threading.Thread(target=self._tell, args=(label, handle, interval, stopped), daemon=True)
        thread.start()
        try:
            with self.environment({VARIABLE: path}):
                yield
        finally:
            stopped.set()
            thread.join()
            os.close(handle)
            with contextlib.suppress(OSError):
                os.unlink(path)

    def _interval(self) -> float:
        """Seconds between two lines, 0 for none. What is not a number is left to the module to refuse."""
        given = self._task.args.get(INTERVAL)
        if given is None:
            given = os.environ.get(_VARIABLE_OF_INTERVAL, _DEFAULT_INTERVAL)
        try:
            return max(0.0, float(given))
        except (TypeError, ValueError):
            return 0.0

    def _tell(self, label: str, handle: int, interval: float, stopped: threading.Event) -> None:
        told = None
        while not stopped.wait(interval):
            try:
                state = json.loads(os.pread(handle, SIZE, 0))
            except (OSError, ValueError):
                continue  # nothing yet, or a state that is just being written
            if state == told and state["total"] == state["done"] + state["refused"]:
                continue
            told = state
            self._display.display(visible(f"{label}: {progress_line(state, time.time())}"), stderr=True)
