# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mail addresses as proxyAddresses has them: what a sync sends, which one is primary, and what a match takes away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .comparison import entra_key

PRIMARY_PREFIX = "SMTP:"
"""Written in capitals, it marks the primary address (user.md, proxyAddresses)."""
_SMTP = "smtp"
_RESERVED = (".onmicrosoft.com", ".microsoftonline.com")
"""Entra itself decides about addresses with these suffixes, whatever AD sends (facts §19)."""


def sent_addresses(addresses: Sequence[str], mail: str | None) -> list[str]:
    """Return the proxy addresses that a sync sends: AD's, with ``mail`` as primary if none is primary (user.md)."""
    if not mail or any(address.startswith(PRIMARY_PREFIX) for address in addresses):
        return list(addresses)
    primary = f"{PRIMARY_PREFIX}{mail}"
    return [primary, *(other for other in addresses if entra_key(other) != entra_key(primary))]


def held_addresses(addresses: Sequence[str], mail: str | None) -> list[str]:
    """Return the addresses by which an AD object is found: its proxy addresses, and ``mail`` if it is none of them."""
    own = f"{_SMTP}:{mail}"
    is_new = mail and entra_key(own) not in map(entra_key, addresses)
    return [*addresses, *([own] if is_new else [])]


def primary_addresses(addresses: Iterable[str]) -> Iterator[str]:
    """Return the primary SMTP addresses without their prefix. There should be one at most."""
    return (each[len(PRIMARY_PREFIX) :] for each in addresses if each.startswith(PRIMARY_PREFIX))


def primary_address(addresses: Iterable[str]) -> str | None:
    """Return the first primary SMTP address without its prefix; None if there is none."""
    return next(primary_addresses(addresses), None)


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
