# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a distinguished name is told from other texts."""

from __future__ import annotations

import re

# At least two name parts. A sAMAccountName cannot contain "=" (facts §7).
_DN = re.compile(r"\s*[A-Za-z][A-Za-z0-9.-]*\s*=.+,.+=.*", re.DOTALL)


def is_distinguished_name(text: str) -> bool:
    """Return whether a text can only be meant as a distinguished name."""
    return bool(_DN.fullmatch(text))
