# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory host that a module runs for, as its action plugin says (plugins/action/match_plan.py)."""

from __future__ import annotations

import os

VARIABLE = "HYBRID_IDENTITY_RUN_HOST"
"""The environment variable with the host's name in the inventory."""


def run_host() -> str:
    """Return the host's name, ``localhost`` if no action plugin said any."""
    return os.environ.get(VARIABLE) or "localhost"
