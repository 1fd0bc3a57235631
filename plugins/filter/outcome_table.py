# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that shows people what became of each user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import record_name
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.outcome_table import outcome_lines


def outcome_table(users: Any, limit: int = 100) -> list[str]:
    """Lines of a table from a module's ``users``. Raises AnsibleFilterError if it is not such a list."""
    if not isinstance(users, list) or not all(isinstance(user, dict) and "status" in user for user in users):
        raise AnsibleFilterError(
            "outcome_table needs the list 'users' that a module of this collection such as entra_immutable_id returned."
        )
    rows = ((str(user["status"]), record_name(user), str(user.get("reason") or "")) for user in users)
    return outcome_lines(rows, int(limit))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"outcome_table": outcome_table}
