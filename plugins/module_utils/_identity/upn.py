# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User principal names and their suffixes."""

from __future__ import annotations

import re

from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError

# RFC 1035 labels; AD itself checks nothing, Microsoft's help says "DNS conventions" (facts §7).
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_MAX_DNS_NAME = 253


def folded(name: str) -> str:
    """The form in which UPNs, addresses and DNS names are compared: both directories ignore case."""
    return name.strip().casefold()


def upn_suffix(user_principal_name: str) -> str:
    """What follows the last ``@``, folded; an empty string where there is none."""
    prefix, at, suffix = user_principal_name.rpartition("@")
    return folded(suffix) if at and prefix else ""


def dns_suffix(text: str) -> str:
    """A UPN suffix as it will be stored: the DNS name as given, without spaces around it.

    :raises InputError: if it is not a DNS name of at least two labels (Entra routes no single-label domain: facts §7).
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
