# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the option that names users in the recycle bin."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  deleted_holders:
    description:
      - Users in the recycle bin of Entra ID who hold an ImmutableId that another user is to have. A sync could match them in place
        of that user, so a user whose ImmutableId such a user holds is refused until the deleted user is named here.
      - Each user named here counts as a change.
    type: dict
    default: {}
    suboptions:
      restore:
        description:
          - Object ids of deleted users to bring back.
          - If the user is the one whom the ImmutableId is meant for, it comes back with its value.
          - If another user is to have the value, the value is removed from the restored user first. Graph supports this only for
            users who were never synchronised. The others are refused.
          - A rollback does not delete a restored user again.
        type: list
        elements: str
        default: []
      purge:
        description: Object ids of deleted users to delete for good, with all their data. You cannot undo this.
        type: list
        elements: str
        default: []
"""
