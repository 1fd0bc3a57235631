# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Complete the option ``directory`` of the Graph modules from what a play set for the modules of Active Directory.

Ansible applies ``module_defaults`` of an action group to a module's own options alone, not to those inside another one.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import ldap_options
from ansible_collections.hybrid.identity.plugins.plugin_utils.progress import ProgressAction

OPTION = "directory"
GROUP = "group/hybrid.identity.ad"


class DirectoryAction(ProgressAction):
    """The action plugin of a module that may ask Active Directory too."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        given = self._task.args.get(OPTION)
        if isinstance(given, dict):
            self._task.args[OPTION] = {**self._defaults(), **given}
        return super().run(tmp, task_vars)

    def _defaults(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for defaults in self._task.module_defaults or ():
            if GROUP in defaults:
                found = self._templar.template(defaults[GROUP]) or {}
        return {name: value for name, value in found.items() if name in ldap_options()}
