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
      - M(hybrid.identity.entra_user_info) leaves the groups and organizational units of Active Directory out, and
        M(hybrid.identity.ad_user) the groups of Entra ID, and both accept user principal names that nobody has. Use them with the same
        value.
      - M(hybrid.identity.entra_immutable_id) does not read Active Directory, so it refuses groups and organizational units of it. It accepts
        user principal names that nobody has.
    type: dict
    default: {}
    suboptions:
      users:
        description: User principal names, of AD users or of cloud users.
        type: list
        elements: str
      groups:
        description:
          - Groups whose members are excluded, also through groups in them.
          - A distinguished name is a group of Active Directory. Accounts whose primary group it is are its members too. Groups of other
            domains that are members of it are not followed.
          - An object id is a group of Entra ID, which must have assigned members. A dynamic group is refused.
        type: list
        elements: str
      organizational_units:
        description: Distinguished names of organizational units or containers. All accounts below them are excluded.
        type: list
        elements: str
"""
