# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Active Directory: a real Samba domain controller on the loopback interface, made by the role under test.

`up`, `seed`, `dump_directory` and `down` are what the lab's command line and the tests call.
"""

from __future__ import annotations

from ..errors import LabError
from .directory import seed
from .dump import dump_directory
from .service import address, down, require_free_ports, role_variables, running, up

__all__ = [
    "LabError",
    "address",
    "down",
    "dump_directory",
    "require_free_ports",
    "role_variables",
    "running",
    "seed",
    "up",
]
