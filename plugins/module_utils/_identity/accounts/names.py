# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of new AD accounts. The same input gives the same names, in whatever order it comes.

``sAMAccountName`` (facts §7, §13: at most 20 characters, none of ``" [ ] : ; | = + * ? < > / \\ , '``, no dot at the
end, unique in the domain) comes from the part of the UPN before the ``@``: accents are dropped, only ASCII letters,
digits, ``.``, ``_`` and ``-`` are kept, and the name is cut to 20 characters. ``cn`` (at most 64, unique in its
container) is the display name, else given name and surname, else the UPN.

If several accounts would get the same name, the first of them by UPN gets it, unless the directory already has it. The
others get five hexadecimal digits of a hash of their UPN at the end (``sAMAccountName``), or their ``sAMAccountName``
in parentheses (``cn``).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from ..ad.kinds import SYSTEM_NAME_PREFIXES, SYSTEM_NAMES
from ..core.identities.comparison import ad_key, entra_key

SAM_LENGTH = 20
CN_LENGTH = 64
SAM_FORBIDDEN = "\"[]:;|=+*?<>/\\,'@"
"""facts §7 and §13. ``@`` is among them because AD accepts no name with it for a sign-in as ``DOMAIN\\name``."""

_HASH_LENGTH = 5
_KEPT = re.compile(r"[^A-Za-z0-9._-]")
# Letters that Unicode does not decompose.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH"}
    | {"ł": "l", "Ł": "L", "œ": "oe", "Œ": "OE", "ı": "i"}
)
_SPECIAL = re.compile(r'[\\,+"<>;=]')


def sam_base(user_principal_name: str) -> str:
    """Return the ``sAMAccountName`` that a UPN gets if no other account has it."""
    prefix = user_principal_name.rpartition("@")[0] or user_principal_name
    plain = unicodedata.normalize("NFKD", prefix.translate(_LETTERS))
    name = _KEPT.sub("", plain).strip(".-")[:SAM_LENGTH].rstrip(".-")
    if not name.strip("_"):
        name = f"user-{_digits(user_principal_name, 0)}"
    if reserved_sam(name):
        # Entra Connect's default rules would never synchronise it.
        name = f"u-{name}"[:SAM_LENGTH].rstrip(".-")
    return name


def reserved_sam(name: str) -> bool:
    """Return whether Entra Connect's default rules treat an account of this name as a system account."""
    lower = name.lower()
    exact = tuple(map(str.lower, SYSTEM_NAMES))
    return lower in exact or lower.startswith(tuple(map(str.lower, SYSTEM_NAME_PREFIXES)))


def sam_problem(name: str) -> str | None:
    """Return what is wrong with a ``sAMAccountName`` from a record, as the end of a sentence; None if it is valid."""
    found = sorted({char for char in name if char in SAM_FORBIDDEN or not char.isprintable()})
    if not name or len(name) > SAM_LENGTH:
        return f"has {len(name)} characters, but must have 1 to {SAM_LENGTH}"
    if found:
        return f"contains {' '.join(map(repr, found))}, which is not allowed"
    if name.endswith(".") or name != name.strip() or not name.strip(". "):
        return "ends with a dot or has a space at one end, which is not allowed"
    if name.endswith("$"):
        return "ends with $, which only the names of computers do"
    return (
        (f"{name} would never be synchronised, because system accounts have such names") if reserved_sam(name) else None
    )


def unique_sams(bases: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    """Return the ``sAMAccountName`` for each UPN. ``bases``: wanted name by UPN; ``taken``: names in the directory."""
    used = {ad_key(name) for name in taken}
    names = {}
    for upn in sorted(bases, key=entra_key):
        name, attempt = bases[upn], 0
        while ad_key(name) in used:
            tail = f"-{_digits(upn, attempt)}"
            name = bases[upn][: SAM_LENGTH - len(tail)].rstrip(".-") + tail
            attempt += 1
        used.add(ad_key(name))
        names[upn] = name
    return names


def cn_base(texts: Mapping[str, str | None], user_principal_name: str) -> str:
    """Return the ``cn`` that a user gets if no other object in its container has it. ``texts``: by record key."""
    parts = [texts.get(key) for key in ("given_name", "surname")]
    for text in (texts.get("display_name"), " ".join(filter(None, parts)), user_principal_name):
        name = _printable(text or "")
        if name:
            return shortened(name, CN_LENGTH)
    return ""


def distinct_cn(base: str, sam_account_name: str, attempt: int) -> str:
    """Return the ``cn`` with its ``sAMAccountName`` behind it, from the second attempt (1) on also with a number."""
    tail = f" ({sam_account_name})" if attempt == 0 else f" ({sam_account_name} {attempt + 1})"
    return shortened(base, CN_LENGTH - len(tail)) + tail


def shortened(text: str, length: int) -> str:
    """Return at most ``length`` UTF-16 units of a text, as Active Directory counts, cut between characters."""
    while utf16_length(text) > length:
        text = text[:-1]
    return text.rstrip()


def utf16_length(text: str) -> int:
    """Return the length of a text in UTF-16 units, as Active Directory counts it for ``rangeUpper``."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def child_dn(cn: str, parent: str) -> str:
    """Return the distinguished name of an object in a container, with special characters escaped (RFC 4514)."""
    text = _SPECIAL.sub(lambda match: f"\\{match.group()}", cn)
    if text.startswith(("#", " ")):
        text = f"\\{text}"
    if text.endswith(" ") and not text.endswith("\\ "):
        text = f"{text[:-1]}\\ "
    return f"CN={text},{parent}"


def _printable(text: str) -> str:
    plain = "".join(char if char.isprintable() else " " for char in unicodedata.normalize("NFC", text))
    return " ".join(plain.split())


def _digits(user_principal_name: str, attempt: int) -> str:
    seed = entra_key(user_principal_name) + ("" if attempt == 0 else f"\0{attempt}")
    return hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
