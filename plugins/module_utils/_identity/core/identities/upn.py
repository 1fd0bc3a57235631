# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User principal names and their suffixes: which of them a sync keeps."""

from __future__ import annotations

import re
import unicodedata

from ..errors import InputError
from .comparison import entra_key

# RFC 1035 labels. AD itself does not check them; Microsoft's help says "DNS conventions" (facts §7).
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_MAX_DNS_NAME = 253

# facts §7: the allowed characters, at most 64 before the @ and 48 after it, no dot right before the @.
_KEPT_PREFIX = re.compile(r"[A-Za-z0-9'.\-_!#^~]*")
_KEPT_SUFFIX = re.compile(r"[A-Za-z0-9.\-]+")
_MAX_PREFIX, _MAX_SUFFIX = 64, 48
# Visible ASCII on both sides of one @. Entra's UPNs have no accents (facts §7).
_POSSIBLE = re.compile(r"[!-?A-~]+@[!-?A-~]+")


def upn_suffix(user_principal_name: str) -> str:
    """Return what follows the last ``@``, as ``entra_key``; an empty string if it is not of the form name@domain."""
    prefix, at, suffix = user_principal_name.rpartition("@")
    return entra_key(suffix) if at and prefix else ""


def dns_suffix(text: str) -> str:
    """Return a UPN suffix as it will be stored: the DNS name as given, without spaces around it.

    :raises InputError: if it is not a DNS name of at least two labels (Entra routes no single-label domain: facts §7),
        or if its last label is a number.
    """
    name = text.strip()
    labels = name.split(".")
    if name.startswith("@"):
        raise InputError(f"{text!r} is not a DNS name; write the suffix without the @.")
    if len(name) > _MAX_DNS_NAME or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InputError(f"{text!r} is not a DNS name; a UPN suffix looks like contoso.com.")
    if labels[-1].isdigit():
        raise InputError(f"{text!r} ends in a number and cannot be a DNS domain; a UPN suffix looks like contoso.com.")
    return name


def read_domain(text: str) -> str:
    """Return the domain of UPNs that a caller names, with or without ``@``, as ``entra_key``.

    :raises InputError: if no cloud user's UPN can have it.
    """
    name = text.removeprefix("@")
    bad = _KEPT_SUFFIX.sub("", name)
    if bad:
        raise InputError(
            f"{text!r} holds {character_name(bad[0])}, which a domain of a cloud user cannot contain; correct it."
        )
    if not name:
        raise InputError(f"{text!r} is not a domain; write it as contoso.com.")
    return entra_key(name)


def is_possible_upn(upn: str) -> bool:
    """Return whether a cloud user can have this UPN, even if Entra Connect would not keep it in AD (``upn_fault``)."""
    return bool(_POSSIBLE.fullmatch(upn))


def upn_fault(upn: str) -> str | None:
    """Return a clause that says that a sync would not keep a UPN of AD, and why; None if it would.

    Whether the domain is verified is not checked. Graph accepts more: it creates users with a ``$``, which is not in
    the sync rules' list of characters (facts §7, §20).
    """
    prefix, at, suffix = upn.rpartition("@")
    if not at or not prefix or not suffix:
        fault = "it does not have the form name@domain"
    elif len(prefix) > _MAX_PREFIX:
        fault = f"it has {len(prefix)} characters before the @, but only {_MAX_PREFIX} are allowed"
    elif len(suffix) > _MAX_SUFFIX:
        fault = f"it has {len(suffix)} characters after the @, but only {_MAX_SUFFIX} are allowed"
    elif bad := _KEPT_PREFIX.sub("", prefix) or _KEPT_SUFFIX.sub("", suffix):
        fault = f"it contains {character_name(bad[0])}"
    elif prefix.endswith("."):
        fault = "it has a dot directly before the @"
    else:
        return None
    shown = upn if upn.isprintable() else repr(upn)
    return f"A sync would replace the UPN {shown} with another one, because {fault}"


def character_name(character: str) -> str:
    """Return a character as a sentence shows it, with its Unicode name unless it is visible ASCII."""
    if "!" <= character <= "~":
        return repr(character)
    name = unicodedata.name(character, "")
    return f"{character!r} (U+{ord(character):04X}{name and f' {name}'})"
