# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory host that a module runs for, as its action plugin names it."""

from __future__ import annotations

import os

VARIABLE = "HYBRID_IDENTITY_RUN_HOST"


def run_host() -> str:
    """Return the name of the inventory host; ``localhost`` if no action plugin named it."""
    return os.environ.get(VARIABLE) or "localhost"
