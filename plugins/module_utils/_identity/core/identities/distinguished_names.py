# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a distinguished name is told from other texts, and the name of a domain in DNS."""

from __future__ import annotations

import re

# At least two name parts. A sAMAccountName cannot contain "=" (facts §7).
_DOMAIN_PART = re.compile(r"(?:^|(?<!\\),)\s*DC=([^,]+)", re.IGNORECASE)
_DN = re.compile(r"\s*[A-Za-z][A-Za-z0-9.-]*\s*=.+,.+=.*", re.DOTALL)


def is_distinguished_name(text: str) -> bool:
    """Return whether a text can only be meant as a distinguished name."""
    return bool(_DN.fullmatch(text))


def domain_name(distinguished_name: str) -> str:
    """Return the DNS name of an object's domain, ``ad.contoso.com`` for ``DC=ad,DC=contoso,DC=com``; empty without."""
    return ".".join(_DOMAIN_PART.findall(distinguished_name))
