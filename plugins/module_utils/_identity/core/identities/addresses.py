# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail addresses that a match takes away from a cloud user."""

from __future__ import annotations

from collections.abc import Sequence

from ..attribute_map import sent_addresses
from .comparison import entra_key

_SMTP = "smtp"
_RESERVED = (".onmicrosoft.com", ".microsoftonline.com")
"""Entra itself decides about addresses with these suffixes, whatever AD sends (facts §19)."""


def lost_addresses(
    ad_addresses: Sequence[str], ad_mail: str | None, cloud_upn: str | None, cloud_addresses: Sequence[str]
) -> list[str]:
    """Return the mail addresses of a cloud user that a sync would not send, sorted.

    Addresses of both sides have their prefixes. Entra keeps the sign-in name of a user with a licence as an address
    (facts §19), so it is none of them.
    """
    sent = {entra_key(each.partition(":")[2]) for each in sent_addresses(ad_addresses, ad_mail)}
    sent.add(entra_key(cloud_upn or ""))
    held = (each.partition(":") for each in cloud_addresses)
    found = [address for kind, _colon, address in held if entra_key(kind) == _SMTP and entra_key(address) not in sent]
    return sorted(each for each in found if not entra_key(each).endswith(_RESERVED))
