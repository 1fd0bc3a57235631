# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seeds of this run."""

from __future__ import annotations

import os
import secrets

COUNT = int(os.environ.get("PREDICTION_ESTATES", "300"))
_WANTED = os.environ.get("PREDICTION_SEED", "20261124")
FIRST = secrets.randbelow(10**9) if _WANTED == "random" else int(_WANTED)
SEEDS = range(FIRST, FIRST + COUNT)
