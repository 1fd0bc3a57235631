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
      - Users in the recycle bin of Entra ID who have an ImmutableId that another user would get. A sync could match them instead of that
        user. Therefore, that user is refused until you add the deleted user here.
      - Each user in this option counts as a change.
    type: dict
    default: {}
    suboptions:
      restore:
        description:
          - Object ids of deleted users to restore.
          - If the user is the one who should have the ImmutableId, it is restored with its value.
          - If another user should have the value, the value is removed from the restored user first. Graph supports this only for users who
            were never synchronised. Other users are refused.
          - A rollback does not delete a restored user again.
        type: list
        elements: str
        default: []
      purge:
        description: Object ids of deleted users to delete permanently, with all their data. You cannot undo this.
        type: list
        elements: str
        default: []
"""
