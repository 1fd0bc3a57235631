# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that says which UPN suffixes a list of users needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.upn import upn_suffix

# entra_user_info: nobody, or nobody to take.
_NOT_TAKEN = ("not_found", "left_out")


def upn_suffixes(users: Any) -> list[str]:
    """The suffixes of the UPNs in records, each once, sorted. Raises AnsibleFilterError if it is not such a list."""
    if not isinstance(users, list) or not all(isinstance(user, Mapping) for user in users):
        raise AnsibleFilterError("upn_suffixes needs a list of users, such as entra_user_info returned as 'users'.")
    taken = (user for user in users if user.get("status") not in _NOT_TAKEN)
    return sorted({upn_suffix(str(user.get("user_principal_name") or "")) for user in taken} - {""})


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"upn_suffixes": upn_suffixes}
