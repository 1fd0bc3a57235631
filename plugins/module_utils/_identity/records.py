# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records: one plain dict a user, one vocabulary for both directories (docs/architecture.md, "Words")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import (
    anchor_bytes,
    guid_text,
    immutable_id_of_bytes,
    is_guid,
    parse_guid,
    source_anchor,
)

Record = dict[str, Any]

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
)
"""What an AD record is made of; a directory may lack any of the last ones (facts §11)."""

ENTRA_PROPERTIES = (
    "id",
    "userPrincipalName",
    "onPremisesImmutableId",
    "onPremisesSyncEnabled",
    "mail",
    "proxyAddresses",
    "accountEnabled",
)
"""What an Entra record is made of; Graph leaves most of them out unless they are selected (facts §1)."""

_ACCOUNT_DISABLED = 0x2  # ADS_UF_ACCOUNTDISABLE (facts §13)


def _texts(attributes: Mapping[str, Sequence[bytes]], name: str) -> list[str]:
    return [value.decode("utf-8", "replace") for value in attributes.get(name.lower(), ())]


def _text(attributes: Mapping[str, Sequence[bytes]], name: str) -> str | None:
    values = _texts(attributes, name)
    return values[0] if values else None


def ad_record(distinguished_name: str, attributes: Mapping[str, Sequence[bytes]], anchor: str = "auto") -> Record:
    """The record of one AD user.

    ``attributes`` maps lower-case LDAP attribute names to raw values; an attribute that is missing counts as empty.
    ``anchor`` is one of ``anchors.SOURCE_ANCHORS``.
    """
    guid = attributes["objectguid"][0]
    consistency = next(iter(attributes.get("ms-ds-consistencyguid", ())), b"")
    chosen = source_anchor(guid, consistency, anchor)
    control = _text(attributes, "userAccountControl")
    return {
        "user_principal_name": _text(attributes, "userPrincipalName"),
        "sam_account_name": _text(attributes, "sAMAccountName"),
        "distinguished_name": distinguished_name,
        "object_guid": guid_text(guid),
        "consistency_guid": consistency_text(consistency),
        "source_anchor": chosen.attribute,
        "immutable_id": chosen.immutable_id,
        "mail": _text(attributes, "mail"),
        "proxy_addresses": sorted(_texts(attributes, "proxyAddresses")),
        "enabled": None if control is None else not int(control) & _ACCOUNT_DISABLED,
        "external_directory_object_id": _text(attributes, "msDS-ExternalDirectoryObjectId"),
        "object_soa": _text(attributes, "msDS-ObjectSoa"),
    }


def consistency_text(raw: bytes) -> str | None:
    """mS-DS-ConsistencyGuid as it is shown: dashed where it holds a GUID, base64 where it holds other bytes."""
    if not raw:
        return None
    return guid_text(raw) if len(raw) == 16 else immutable_id_of_bytes(raw)


def consistency_bytes(text: str | None) -> bytes:
    """The value that ``consistency_text`` shows so, empty for None.

    :raises InputError: for what it never shows.
    """
    if text is None:
        return b""
    return parse_guid(text).bytes_le if is_guid(text) else anchor_bytes(text)


def cloud_managed(record: Mapping[str, Any]) -> bool:
    """Whether Cloud Sync made this AD account, so that the cloud owns it (facts §12)."""
    external = str(record.get("external_directory_object_id") or "")
    return external.startswith("User_") or bool(record.get("object_soa"))


def entra_record(user: Mapping[str, Any], deleted: bool = False) -> Record:
    """The record of one Entra user from Graph's JSON; ``object_identifier`` is beta-only, None elsewhere (facts §2)."""
    return {
        "id": user["id"],
        "user_principal_name": user.get("userPrincipalName"),
        "immutable_id": user.get("onPremisesImmutableId"),
        "sync_enabled": user.get("onPremisesSyncEnabled"),
        "object_identifier": user.get("onPremisesObjectIdentifier"),
        "mail": user.get("mail"),
        "proxy_addresses": sorted(user.get("proxyAddresses") or []),
        "enabled": user.get("accountEnabled"),
        "deleted": deleted,
    }


def record_name(record: Mapping[str, Any]) -> str:
    """What to call this user in a sentence: the best name that the record has."""
    for key in ("user_principal_name", "identity", "distinguished_name", "id"):
        if record.get(key):
            return str(record[key])
    return "(nameless)"
