# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects are synchronized, and what of them is exported: Entra Connect's out-of-box rules.

Source: entra-docs, concept-azure-ad-connect-sync-default-configuration (user, contact and group rules).
"""

from __future__ import annotations

import base64
import struct
from typing import Any

from lab.sync.directory import CONSISTENCY_GUID, AdObject

_NOT_ONLINE = 0x21C07000  # msExchRecipientTypeDetails that do not work in Exchange Online
_LINKED = 2
_ROLE_GROUP = 0x40000000
_SECURITY_ENABLED = 0x80000000
_DISABLED = 0x2

# Attribute in AD -> property that the emulator takes (Graph's names).
_FLOWS = {
    "displayName": "displayName",
    "givenName": "givenName",
    "sn": "surname",
    "mail": "mail",
    "department": "department",
    "company": "companyName",
    "title": "jobTitle",
    "telephoneNumber": "businessPhone",
    "mobile": "mobilePhone",
    "physicalDeliveryOfficeName": "officeLocation",
    "streetAddress": "streetAddress",
    "l": "city",
    "st": "state",
    "postalCode": "postalCode",
    "co": "country",
    "employeeID": "employeeId",
    "facsimileTelephoneNumber": "faxNumber",
    "mailNickname": "mailNickname",
    "preferredLanguage": "preferredLanguage",
    "msExchUsageLocation": "usageLocation",
}
_EXTENSIONS = [f"extensionAttribute{number}" for number in range(1, 16)]


def _mail_enabled(item: AdObject) -> bool:
    addresses = item.texts("proxyAddresses")
    primary = any(address.startswith("SMTP:") and "@" in address for address in addresses)
    return bool(addresses) and (primary or "@" in (item.text("mail") or ""))


def out_of_scope(item: AdObject) -> str | None:
    """Why an object is filtered, or None for one that is synchronized."""
    name = item.text("sAMAccountName") or ""
    nickname = item.text("mailNickname") or ""
    details = item.number("msExchRecipientTypeDetails")
    if item.raw("isCriticalSystemObject"):
        return "critical system object"
    if "\\0ACNF:" in item.dn.split(",", 1)[0]:
        return "replication victim"
    if nickname.startswith("CAS_") and "}" in nickname:
        return "Exchange's own"
    if item.kind == "contact":
        hidden = (item.text("msExchHideFromAddressLists") or "").upper() == "TRUE"
        if "(MSOL)" in (item.text("displayName") or "") and hidden:
            return "hidden contact of Office 365"
        return None if _mail_enabled(item) else "contact without a mail address"
    if not name:
        return "no sAMAccountName"
    if item.kind == "group":
        if name == "MSOL_AD_Sync_RichCoexistence" or details & _ROLE_GROUP:
            return "group of the system"
        # groupType is a signed 32-bit number; its top bit says security group.
        security = item.number("groupType") & 0xFFFFFFFF & _SECURITY_ENABLED
        return None if security or _mail_enabled(item) else "distribution group without a mail address"
    if name.startswith(("AAD_", "MSOL_")) or name == "SUPPORT_388945a0":
        return "service account"
    if nickname.startswith("SystemMailbox{") or (name.startswith("CAS_") and "}" in name) or details & _NOT_ONLINE:
        return "Exchange's own"
    if details == _LINKED:
        return "linked mailbox"
    # The rules for inetOrgPerson lack this condition (facts §19).
    person = b"inetorgperson" in [value.lower() for value in item.values.get("objectclass", [])]
    if (item.text("adminDescription") or "").startswith("User_") and not person:
        return "left out by its adminDescription"
    return None


def source_anchor(item: AdObject, attribute: str) -> str:
    """Base64 of the anchor: users by `attribute`, everything else by objectGUID (facts §2)."""
    raw = item.raw(CONSISTENCY_GUID) if item.kind == "user" and attribute == CONSISTENCY_GUID else None
    return base64.b64encode(raw or item.guid).decode("ascii")


def sid_text(raw: bytes) -> str:
    """S-1-... of a binary SID (MS-DTYP 2.4.2)."""
    count = raw[1]
    parts = struct.unpack(f"<{count}I", raw[8 : 8 + 4 * count])
    return "-".join(["S", str(raw[0]), str(int.from_bytes(raw[2:8], "big")), *map(str, parts)])


def export_record(item: AdObject, anchor: str, forest: dict[str, Any]) -> dict[str, Any]:
    """What is exported of an object. Empty attributes are left out: Entra Connect does not export what is not there."""
    record: dict[str, Any] = {
        "type": item.kind,
        "sourceAnchor": anchor,
        "distinguishedName": item.dn,
        "domainName": forest["name"],
    }
    # The rules "In from AD - ... Common" trim every text, and take cn for a displayName that is empty.
    for attribute, target in _FLOWS.items():
        value = (item.text(attribute) or "").strip()
        if value:
            record[target] = value
    if item.kind == "user" and item.text("cn"):
        record.setdefault("displayName", item.text("cn"))
    extensions = {name: item.text(name) for name in _EXTENSIONS if item.text(name)}
    if item.kind == "user" and extensions:
        record["onPremisesExtensionAttributes"] = extensions
    addresses = item.texts("proxyAddresses")
    if addresses:
        record["proxyAddresses"] = sorted(addresses)
    name = item.text("sAMAccountName")
    if name:
        record["samAccountName"] = name
    sid = item.raw("objectSid")
    if sid:
        record["securityIdentifier"] = sid_text(sid)
    if item.kind == "user":
        # The out-of-box rule falls back to sAMAccountName@domain where there is no UPN.
        record["userPrincipalName"] = item.text("userPrincipalName") or f"{name}@{forest['name']}"
        record["accountEnabled"] = not item.number("userAccountControl") & _DISABLED
    if item.kind == "group":
        record["displayName"] = item.text("displayName") or item.text("cn")
        record["securityEnabled"] = bool(item.number("groupType") & 0xFFFFFFFF & _SECURITY_ENABLED)
    return record
