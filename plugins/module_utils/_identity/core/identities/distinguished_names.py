# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguished names: how to tell one from other texts, compare it, and find the containers and the domain above."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .comparison import ad_key

# At least two name parts. A sAMAccountName cannot contain "=" (facts §7).
_DOMAIN_PART = re.compile(r"(?:^|(?<!\\),)\s*DC=([^,]+)", re.IGNORECASE)
_DN = re.compile(r"\s*[A-Za-z][A-Za-z0-9.-]*\s*=.+,.+=.*", re.DOTALL)

_DN_PART = re.compile(r"(?:\\.|[^,\\])+", re.DOTALL)
_DN_ESCAPES = re.compile(r"((?:\\[0-9a-fA-F]{2})+)|\\(.)", re.DOTALL)


def is_distinguished_name(text: str) -> bool:
    """Return whether a text can only be meant as a distinguished name."""
    return bool(_DN.fullmatch(text))


def domain_name(distinguished_name: str) -> str:
    """Return the DNS name of an object's domain, ``ad.contoso.com`` for ``DC=ad,DC=contoso,DC=com``; empty without."""
    return ".".join(_DOMAIN_PART.findall(distinguished_name))


def dn_key(text: str) -> str:
    """Return the form in which distinguished names are compared: without escapes, case, and spaces around parts."""
    keys = []
    for part in _DN_PART.findall(text):
        attribute, _equals, value = part.partition("=")
        # No name can contain this separator, so an escaped comma does not look like the end of a part.
        keys.append(f"{ad_key(attribute)}={ad_key(_DN_ESCAPES.sub(_unescaped, value.strip()))}")
    return "\x1f".join(keys)


def parent_dn(text: str) -> str:
    """Return the distinguished name of the object above; empty for a name of one part."""
    first = _DN_PART.match(text)
    return text[first.end() + 1 :] if first else ""


def keys_upwards(distinguished_name: str) -> Iterator[str]:
    """Return the ``dn_key`` of an object, then those of the containers above it, the nearest first."""
    while distinguished_name:
        yield dn_key(distinguished_name)
        distinguished_name = parent_dn(distinguished_name)


def _unescaped(match: re.Match[str]) -> str:
    if match.group(1):
        return bytes.fromhex(match.group(1).replace("\\", "")).decode("utf-8", "replace")
    return match.group(2)
