# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One user of Active Directory, in memory and in results (docs/architecture.md, "Words")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from .identities.anchors import anchor_bytes, guid_text, immutable_id_of_bytes, is_guid, parse_guid, source_anchor
from .identities.sids import sid_text
from .refusal import Refusal

AD_ATTRIBUTES = (
    "objectGUID",
    "mS-DS-ConsistencyGuid",
    "userPrincipalName",
    "sAMAccountName",
    "mail",
    "proxyAddresses",
    "userAccountControl",
    "msDS-ExternalDirectoryObjectId",
    "msDS-ObjectSoa",
    "objectSid",
)
"""The LDAP attributes of an AD record. A directory may lack the two with msDS (facts §11)."""

_NAMELESS = "(nameless)"
_ACCOUNT_DISABLED = 0x2  # ADS_UF_ACCOUNTDISABLE (facts §13)

RawAttributes = Mapping[str, Sequence[bytes]]
"""Raw values of an AD object by lower-case attribute name. A missing attribute is empty."""


class AdRecord(TypedDict):
    """One AD user in files and results."""

    user_principal_name: str | None
    sam_account_name: str | None
    distinguished_name: str | None
    object_guid: str | None
    consistency_guid: str | None
    source_anchor: str | None
    immutable_id: str | None
    mail: str | None
    proxy_addresses: list[str] | None
    enabled: bool | None
    external_directory_object_id: str | None
    object_soa: str | None
    object_sid: str | None


AD_KEYS = tuple(AdRecord.__annotations__)
"""The keys of an AD record."""


@dataclass(slots=True)
class AdUser:
    """One AD user, or an identity that is not one AD user. Nobody changes it after it was made.

    The fields that ``AdRecord`` has too are None if the attribute is empty. ``sent`` has what a sync sends besides, by
    ``attribute_map.SENT_KEYS``; None if it was not read. ``identity`` is what the caller asked for. ``unresolved`` says
    why that is not one AD user. Its cause begins with ``ad_``. ``mailbox``: what ``kinds.mailbox_kind`` says, and
    ``has_local_mailbox`` what the function of that name says.
    """

    user_principal_name: str | None = None
    sam_account_name: str | None = None
    distinguished_name: str | None = None
    object_guid: str | None = None
    consistency_guid: str | None = None
    source_anchor: str | None = None
    immutable_id: str | None = None
    mail: str | None = None
    proxy_addresses: Sequence[str] | None = None
    enabled: bool | None = None
    external_directory_object_id: str | None = None
    object_soa: str | None = None
    object_sid: str | None = None
    sent: Sequence[str | None] | None = None
    identity: str | None = None
    unresolved: Refusal | None = None
    mailbox: str | None = None
    has_local_mailbox: bool = False

    @property
    def name(self) -> str:
        """The name of the user for a sentence: the best one that is known."""
        return self.user_principal_name or self.identity or self.distinguished_name or _NAMELESS

    @property
    def cloud_managed(self) -> bool:
        """Whether Cloud Sync made this account, so that the cloud owns it (facts §12)."""
        return (self.external_directory_object_id or "").startswith("User_") or bool(self.object_soa)

    def record(self) -> AdRecord:
        """Return the user as files and results have it."""
        addresses = self.proxy_addresses
        return {
            "user_principal_name": self.user_principal_name,
            "sam_account_name": self.sam_account_name,
            "distinguished_name": self.distinguished_name,
            "object_guid": self.object_guid,
            "consistency_guid": self.consistency_guid,
            "source_anchor": self.source_anchor,
            "immutable_id": self.immutable_id,
            "mail": self.mail,
            "proxy_addresses": None if addresses is None else list(addresses),
            "enabled": self.enabled,
            "external_directory_object_id": self.external_directory_object_id,
            "object_soa": self.object_soa,
            "object_sid": self.object_sid,
        }


def read_ad_user(
    distinguished_name: str,
    attributes: RawAttributes,
    anchor: str = "auto",
    sent: Sequence[str | None] | None = None,
    identity: str | None = None,
) -> AdUser:
    """Return an AD user; ``attributes`` must have ``objectguid``. ``anchor`` is one of ``anchors.SOURCE_ANCHORS``."""
    guid = attributes["objectguid"][0]
    consistency = next(iter(attributes.get("ms-ds-consistencyguid", ())), b"")
    chosen = source_anchor(guid, consistency, anchor)
    user = planned_ad_user(distinguished_name, attributes)
    user.object_guid = guid_text(guid)
    user.consistency_guid = consistency_text(consistency)
    user.source_anchor = chosen.attribute
    user.immutable_id = chosen.immutable_id
    user.sent = sent
    user.identity = identity
    return user


def anchored(user: AdUser, guid: bytes, consistency: bytes, anchor: str) -> AdUser:
    """Return an AD user with another value of mS-DS-ConsistencyGuid, empty for none. ``guid``: its objectGUID."""
    chosen = source_anchor(guid, consistency, anchor)
    text = consistency_text(consistency)
    return replace(user, consistency_guid=text, source_anchor=chosen.attribute, immutable_id=chosen.immutable_id)


def planned_ad_user(distinguished_name: str, attributes: RawAttributes) -> AdUser:
    """Return an account that does not exist yet, without a GUID: the directory assigns it on creation."""
    control = _text(attributes, "useraccountcontrol")
    return AdUser(
        user_principal_name=_text(attributes, "userprincipalname"),
        sam_account_name=_text(attributes, "samaccountname"),
        distinguished_name=distinguished_name,
        mail=_text(attributes, "mail"),
        proxy_addresses=tuple(sorted(_texts(attributes, "proxyaddresses"))),
        enabled=None if control is None else not int(control) & _ACCOUNT_DISABLED,
        external_directory_object_id=_text(attributes, "msds-externaldirectoryobjectid"),
        object_soa=_text(attributes, "msds-objectsoa"),
        object_sid=sid_text(next(iter(attributes.get("objectsid", ())), b"")),
    )


def _texts(attributes: RawAttributes, name: str) -> list[str]:
    return [value.decode("utf-8", "replace") for value in attributes.get(name, ())]


def _text(attributes: RawAttributes, name: str) -> str | None:
    values = attributes.get(name)
    return values[0].decode("utf-8", "replace") if values else None


def consistency_text(raw: bytes) -> str | None:
    """Return mS-DS-ConsistencyGuid as it is shown: dashed if it has 16 bytes, else base64; None if it is empty."""
    if not raw:
        return None
    return guid_text(raw) if len(raw) == 16 else immutable_id_of_bytes(raw)


def consistency_bytes(text: str | None) -> bytes:
    """Return the value that ``consistency_text`` shows as this text, empty for None.

    :raises InputError: if the text is neither a dashed GUID nor canonical base64.
    """
    if text is None:
        return b""
    return parse_guid(text).bytes_le if is_guid(text) else anchor_bytes(text)


def record_name(record: Mapping[str, object]) -> str:
    """Return the name of this user for a sentence: the best one that the record has."""
    for key in ("user_principal_name", "identity", "distinguished_name", "id"):
        if record.get(key):
            return str(record[key])
    return _NAMELESS
