# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option that names users who are never touched; argspec.py specifies it."""

from __future__ import annotations


class ModuleDocFragment:
    """Ansible's entry point."""

    DOCUMENTATION = r"""
options:
  exclude:
    description:
      - Users who are never touched, such as emergency accounts. They count neither as changes nor as refused.
      - If there is no such user, group or organizational unit, or if the members of a group cannot all be read, the module fails.
      - M(hybrid.identity.entra_user_info) ignores the groups and organizational units of Active Directory, and M(hybrid.identity.ad_user)
        ignores the groups of Entra ID. Both accept user principal names that no user has. Use the same value for both modules.
      - M(hybrid.identity.entra_immutable_id) does not read Active Directory, so it refuses groups and organizational units of Active
        Directory. It accepts user principal names that no user has.
    type: dict
    default: {}
    suboptions:
      users:
        description: User principal names, of AD users or of cloud users.
        type: list
        elements: str
      groups:
        description:
          - Groups whose members are excluded, including the members of groups in them.
          - A distinguished name is a group of Active Directory. Accounts with this primary group are members too. Members of groups of
            other domains are not excluded.
          - An object id is a group of Entra ID, which must have assigned members. A dynamic group is refused.
        type: list
        elements: str
      organizational_units:
        description: Distinguished names of organizational units or containers. All accounts below them are excluded.
        type: list
        elements: str
"""
