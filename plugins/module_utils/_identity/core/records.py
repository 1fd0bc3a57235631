# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of AD users: one plain dict for each user, with the same keys everywhere (docs/architecture.md, "Words")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .identities.anchors import anchor_bytes, guid_text, immutable_id_of_bytes, is_guid, parse_guid, source_anchor
from .identities.sids import sid_text

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
    "objectSid",
)
"""The LDAP attributes of an AD record. A directory may lack the two with msDS (facts §11)."""

AD_KEYS = (
    "user_principal_name",
    "sam_account_name",
    "distinguished_name",
    "object_guid",
    "consistency_guid",
    "source_anchor",
    "immutable_id",
    "mail",
    "proxy_addresses",
    "enabled",
    "external_directory_object_id",
    "object_soa",
    "object_sid",
)
"""The keys of an AD record."""

_ACCOUNT_DISABLED = 0x2  # ADS_UF_ACCOUNTDISABLE (facts §13)


def _texts(attributes: Mapping[str, Sequence[bytes]], name: str) -> list[str]:
    return [value.decode("utf-8", "replace") for value in attributes.get(name.lower(), ())]


def _text(attributes: Mapping[str, Sequence[bytes]], name: str) -> str | None:
    values = _texts(attributes, name)
    return values[0] if values else None


def ad_record(distinguished_name: str, attributes: Mapping[str, Sequence[bytes]], anchor: str = "auto") -> Record:
    """Return the record of one AD user.

    ``attributes`` maps lower-case LDAP attribute names to raw values; only ``objectguid`` is required, and other
    missing attributes count as empty. ``anchor`` is one of ``anchors.SOURCE_ANCHORS``.
    """
    guid = attributes["objectguid"][0]
    consistency = next(iter(attributes.get("ms-ds-consistencyguid", ())), b"")
    chosen = source_anchor(guid, consistency, anchor)
    record = planned_ad_record(distinguished_name, attributes)
    record["object_guid"] = guid_text(guid)
    record["consistency_guid"] = consistency_text(consistency)
    record["source_anchor"] = chosen.attribute
    record["immutable_id"] = chosen.immutable_id
    return record


def planned_ad_record(distinguished_name: str, attributes: Mapping[str, Sequence[bytes]]) -> Record:
    """Return the record of an account that does not exist yet, without a GUID: the directory assigns it on creation."""
    control = _text(attributes, "userAccountControl")
    return {
        "user_principal_name": _text(attributes, "userPrincipalName"),
        "sam_account_name": _text(attributes, "sAMAccountName"),
        "distinguished_name": distinguished_name,
        "object_guid": None,
        "consistency_guid": None,
        "source_anchor": None,
        "immutable_id": None,
        "mail": _text(attributes, "mail"),
        "proxy_addresses": sorted(_texts(attributes, "proxyAddresses")),
        "enabled": None if control is None else not int(control) & _ACCOUNT_DISABLED,
        "external_directory_object_id": _text(attributes, "msDS-ExternalDirectoryObjectId"),
        "object_soa": _text(attributes, "msDS-ObjectSoa"),
        "object_sid": sid_text(next(iter(attributes.get("objectsid", ())), b"")),
    }


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


def cloud_managed(record: Mapping[str, Any]) -> bool:
    """Return whether Cloud Sync made this AD account, so that the cloud owns it (facts §12)."""
    external = str(record.get("external_directory_object_id") or "")
    return external.startswith("User_") or bool(record.get("object_soa"))


def record_name(record: Mapping[str, Any]) -> str:
    """Return the name of this user for a sentence: the best one that the record has."""
    for key in ("user_principal_name", "identity", "distinguished_name", "id"):
        if record.get(key):
            return str(record[key])
    return "(nameless)"
