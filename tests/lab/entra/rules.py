# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a write to a user must satisfy, and what it makes of the record: facts §1 (table), §2 "Uniqueness", §7."""

from __future__ import annotations

import re
from typing import Any

from . import schema
from .errors import bad_request, conflict, invalid_value
from .store import Record, Store

# facts §7; Graph creates users with a `$` too, which the sync rules' list lacks (facts §20).
_UPN_LOCAL = re.compile(r"[A-Za-z0-9'.\-_!#^~$]{1,64}")

READ_ONLY = {
    "id",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "imAddresses",
    "isManagementRestricted",
    "lastPasswordChangeDateTime",
    "licenseAssignmentStates",
    "assignedPlans",
    "assignedLicenses",
    "provisionedPlans",
    # facts §1: clearing these is described for the beta endpoint only.
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
    "onPremisesLastSyncDateTime",
    "onPremisesProvisioningErrors",
    "onPremisesSyncEnabled",
    "proxyAddresses",
    "securityIdentifier",
    "serviceProvisioningErrors",
    "signInActivity",
    "signInSessionsValidFromDateTime",
}

# facts §2 (reference-connect-sync-attributes-synchronized.md): what Connect masters. usageLocation is left out: the
# cloud may set it where AD supplies none.
MASTERED_ON_PREMISES = {
    "accountEnabled",
    "businessPhones",
    "city",
    "companyName",
    "country",
    "department",
    "displayName",
    "employeeId",
    "faxNumber",
    "givenName",
    "jobTitle",
    "mail",
    "mailNickname",
    "mobilePhone",
    "officeLocation",
    "onPremisesExtensionAttributes",
    "onPremisesImmutableId",
    "postalCode",
    "proxyAddresses",
    "state",
    "streetAddress",
    "surname",
    "userPrincipalName",
}


def check_shape(changes: dict[str, Any]) -> None:
    """Names, types, read-only properties, empty strings. Raises GraphError 400."""
    schema.check_object("user", changes)
    for name, value in changes.items():
        if name in READ_ONLY:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
        if value == "":
            raise invalid_value(name)  # facts §1, row "Empty string instead of null"


def check_not_mastered(old: Record, changes: dict[str, Any]) -> None:
    """facts §1, row "Target is synced". Raises GraphError 400.

    `true` only: for `false` (formerly synced, facts §0.3) a write is called unsupported, but no answer to it is known
    [NF], so it passes here. `isCloudManaged` gives a user back to the cloud (facts §2 "SOA").
    """
    if old.get("onPremisesSyncEnabled") is not True or old.get("lab", {}).get("isCloudManaged"):
        return
    if MASTERED_ON_PREMISES & changes.keys():
        raise bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
            "currently undergoing migration."
        )


def domain_of(upn: str) -> str:
    return upn.rpartition("@")[2].lower()


def _check_upn(store: Store, upn: Any) -> None:
    if not isinstance(upn, str):
        raise invalid_value("userPrincipalName")
    local, _at, domain = upn.rpartition("@")
    # facts §7: allowed characters, no dot right before @, at most 64 + 48 (113 in all).
    if not _UPN_LOCAL.fullmatch(local) or local.endswith(".") or len(domain) > 48 or len(upn) > 113:
        raise bad_request("Property userPrincipalName is invalid.")
    known = store.of("domain").get(domain.lower())
    if not known or not known["isVerified"]:
        raise bad_request(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain "
            "names in your organization."
        )


def _is_federated(store: Store, upn: str) -> bool:
    return bool(store.of("domain").get(domain_of(upn), {}).get("authenticationType") == "Federated")


def _check_immutable_id(store: Store, old: Record, value: str | None) -> None:
    if value is not None and ("$" in value or "_" in value):
        raise invalid_value("onPremisesImmutableId")  # facts §1, first row. Its longest length is [NF]: not checked.
    held = old.get("onPremisesImmutableId")
    if held and value != held and _is_federated(store, old["userPrincipalName"]):
        # facts §1, row "Federated-domain UPN": could not be changed or cleared while the UPN is federated. That it is
        # a 400 is reported; its text is [NF], so this one must not be relied on.
        raise invalid_value("onPremisesImmutableId")


def _unique_keys(record: Record) -> set[tuple[str, str]]:
    keys = {("proxyAddresses", address.lower()) for address in record.get("proxyAddresses") or []}
    keys.add(("userPrincipalName", str(record.get("userPrincipalName") or "").lower()))
    keys.add(("onPremisesImmutableId", record.get("onPremisesImmutableId") or ""))
    return {(name, key) for name, key in keys if key}


def check_unique(store: Store, record: Record) -> None:
    """Raise the conflict of facts §1 when another *active* user holds a value that `record` has.

    Graph checks the whole object on each write: an old clash refuses an unrelated change (facts §20).

    facts §2 "Uniqueness in Entra" (mail is not in that list: its proxy address makes it unique). Whether users in the
    recycle bin take part is [NF]: they do not here.
    """
    for name, key in sorted(_unique_keys(record)):
        others = store.holders(name, key) - {record["id"]}
        if others:
            raise conflict(name, min(others))


def _proxies_with(record: Record, mail: str) -> list[str]:
    """user.md "proxyAddresses": a changed mail becomes the primary SMTP address; the former one becomes secondary."""
    primary = f"SMTP:{mail}"
    rest = [
        "smtp:" + address[5:] if address.startswith("SMTP:") else address
        for address in record.get("proxyAddresses") or []
        if address.lower() != primary.lower()
    ]
    return [primary, *rest]


def apply_changes(store: Store, old: Record, changes: dict[str, Any]) -> Record:
    """The record after `changes`. Raises GraphError 400. `old` may be a fresh record that holds only an id."""
    if "userPrincipalName" in changes:
        _check_upn(store, changes["userPrincipalName"])
    if "onPremisesImmutableId" in changes:
        _check_immutable_id(store, old, changes["onPremisesImmutableId"])
    record = dict(old)
    for name, value in changes.items():
        if name.startswith("@odata.") or name == "passwordProfile":
            continue  # a password is never stored and never shown
        if value is None:
            record.pop(name, None)
        else:
            record[name] = value
    if changes.get("mail"):
        record["proxyAddresses"] = _proxies_with(record, changes["mail"])
    check_unique(store, record)
    return record


def check_create(store: Store, changes: dict[str, Any]) -> None:
    """graph-docs user-post-users.md: the required properties; facts §1: a federated UPN needs the ImmutableId."""
    for name in ("accountEnabled", "displayName", "mailNickname", "userPrincipalName"):
        if changes.get(name) is None:
            raise invalid_value(name)
    federated = _is_federated(store, str(changes["userPrincipalName"]))
    if federated and not changes.get("onPremisesImmutableId"):
        raise bad_request("SourceAnchor is a required property for creation of a federated user.")
    if not federated and not (changes.get("passwordProfile") or {}).get("password"):
        raise bad_request("A password must be specified to create a new user.")
