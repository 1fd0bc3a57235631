# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes that Ansible's documentation shows in a table."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying anything.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: posix
"""

    AD = r"""
attributes:
  action_group:
    description: Use C(group/hybrid.identity.ad) in C(module_defaults) to set the connection options of all modules of the group.
    support: full
    membership:
      - hybrid.identity.ad
"""

    ENTRA = r"""
attributes:
  action_group:
    description: Use C(group/hybrid.identity.entra) in C(module_defaults) to set the connection options of all modules of the group.
    support: full
    membership:
      - hybrid.identity.entra
"""

    BOTH = r"""
attributes:
  action_group:
    description: Use C(group/hybrid.identity.ad) and C(group/hybrid.identity.entra) in C(module_defaults) to set the connection options.
    support: full
    membership:
      - hybrid.identity.ad
      - hybrid.identity.entra
"""
