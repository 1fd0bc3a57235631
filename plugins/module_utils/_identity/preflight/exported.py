# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sync sends of an AD user: anchor, UPN, addresses, and whether Entra accepts the addresses (facts §7)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ..core.attribute_map import mail_nickname
from ..core.errors import InputError
from ..core.identities.addresses import primary_address, sent_addresses
from ..core.identities.anchors import anchor_bytes, immutable_id_of_guid
from ..core.identities.comparison import entra_key
from ..core.identities.distinguished_names import domain_name
from ..core.records import AdUser
from ..entra.snapshot_user import SnapshotUser

_MAX_ADDRESS = 256  # facts §7
_NOT_IN_ADDRESS = re.compile(r'[\s<>();,\[\]"]')


@dataclass(frozen=True, slots=True)
class Exported:
    """An AD user as a sync exports it.

    ``anchor`` is the ImmutableId. It is None if the user has no usable one, and ``problem`` then says why. ``upn`` is
    AD's, or what a sync sends in its place. ``addresses`` have their prefix, ``SMTP:`` for the primary one.
    ``nickname`` is AD's own mailNickname, None if it is empty or was not read.
    """

    ad: AdUser
    anchor: str | None
    problem: str | None
    upn: str | None
    addresses: tuple[str, ...]
    nickname: str | None

    @property
    def name(self) -> str:
        return self.ad.name

    @property
    def primary(self) -> str | None:
        """The primary address without its prefix. A soft match looks for it first (facts §2 "Order")."""
        return primary_address(self.addresses)

    def nickname_for(self, cloud: SnapshotUser | None) -> str:
        """Return the MailNickName that the user has, or that Entra calculates (facts §7 "Verified domain")."""
        known = self.nickname or (cloud.mail_nickname if cloud else None)
        if known:
            return known
        secondary = next((address[5:] for address in self.addresses if address.startswith("smtp:")), None)
        source = self.primary or self.ad.mail or self.upn or secondary or ""
        return str(source).partition("@")[0]


def exported(user: AdUser) -> Exported:
    anchor, problem = read_anchor(user)
    return Exported(
        ad=user,
        anchor=anchor,
        problem=problem,
        upn=user.user_principal_name or _stand_in_upn(user),
        addresses=tuple(sent_addresses(user.proxy_addresses or (), user.mail)),
        nickname=(mail_nickname(user.sent) if user.sent else None) or None,
    )


def read_anchor(user: AdUser) -> tuple[str | None, str | None]:
    """Return the ImmutableId, or None and what is wrong.

    If mS-DS-ConsistencyGuid is empty, Connect takes objectGUID and writes it there (facts §2 "sourceAnchor").
    """
    try:
        if user.immutable_id:
            anchor_bytes(user.immutable_id)
            return user.immutable_id, None
        if user.object_guid:
            return immutable_id_of_guid(user.object_guid), None
    except InputError as error:
        return None, error.message
    return None, "The record has neither immutable_id nor object_guid; add one of them."


def _stand_in_upn(user: AdUser) -> str | None:
    """Return what Entra Connect sends for an account without userPrincipalName: sAMAccountName@<DNS domain name>.

    Its default rule "In from AD - User AccountEnabled": ``[sAMAccountName]&"@"&%Domain.FQDN%``.
    """
    name, domain = user.sam_account_name, domain_name(user.distinguished_name or "")
    return f"{name}@{domain}" if name and domain else None


def address_fault(proxy: str) -> str | None:
    """Return why Entra does not accept an SMTP address; None if it does, or if the address is of another kind."""
    kind, colon, address = proxy.partition(":")
    if colon and entra_key(kind) != "smtp":
        return None
    address = address if colon else proxy
    if len(address) > _MAX_ADDRESS:
        return f"it has {len(address)} characters, but only {_MAX_ADDRESS} are allowed"
    bad = _NOT_IN_ADDRESS.search(address)
    if bad:
        return f"it contains {bad.group()!r}"
    if not address.isascii() and any(map(unicodedata.combining, unicodedata.normalize("NFD", address))):
        return "it contains an accented letter"
    if address.count("@") != 1 or address.startswith("@") or address.endswith("@"):
        return "it does not have the form name@domain"
    return None
