# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs all modules of the controller's side, which meta/runtime.yml leads here.

Sanity wants an action plugin to have the name of a module, so it has the name of one of them. It shows their progress,
tells them for which inventory host they run, and gives them the paths of the run's files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.hybrid.identity.plugins.module_utils._module.run_host import VARIABLE
from ansible_collections.hybrid.identity.plugins.plugin_utils.progress import ProgressAction, host_of
from ansible_collections.hybrid.identity.plugins.plugin_utils.run_files import default_files, host_folder, uses_files


class ActionModule(ProgressAction):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        module = self._task.action.rpartition(".")[2]
        host = host_of(task_vars)
        folder = Path(C.DEFAULT_LOCAL_TMP, host_folder(host))
        missing = default_files(module, self._task.args)
        if missing or uses_files(module, self._task.args):
            fault = self._fault()
            if fault:
                return {"failed": True, "msg": f"{module} {fault}"}
            folder.mkdir(mode=0o700, exist_ok=True)
            self._task.args.update({option: str(folder / name) for option, name in missing.items()})
        # An inventory may take names from anywhere, and Ansible takes an environment's values for templates.
        with self.environment({VARIABLE: wrap_var(host)}):
            return super().run(tmp, task_vars)

    def _fault(self) -> str | None:
        """Why the task cannot use files of the controller, as the end of a sentence; None if it can."""
        transport = self._connection.transport
        if transport != "local":
            return (
                f"reads and writes files on the controller, but this task connects by {transport}. Set connection: "
                "local. If a variable sets the host's ansible_connection, use delegate_to: localhost instead."
            )
        if self._connection.become is not None:
            return (
                "reads and writes files of the user who runs ansible-playbook, but this task becomes another user. Set "
                "become: false, or ansible_become: false if that variable is set."
            )
        return None
