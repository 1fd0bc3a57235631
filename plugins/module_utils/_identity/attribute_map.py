# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which attribute of Active Directory is which property in Entra, for both directions, and what a match overwrites.

Sources of the rows:

- Which attributes of AD Entra Connect sends: ``CONNECT``, its tables "User" (facts §2 "Overwriting").
- Which property of Graph each one is: facts §13, graph-docs resources/user.md.
- What Connect does to a value under way: its default rules "In from AD - User Common" and "... Common from Exchange",
  which trim texts and take ``cn`` for an empty ``displayName``.

Microsoft's page names attributes that Graph does not show (``info``, ``pager``, ``homePhone`` and others, and
Exchange's own): nothing can be compared there, so they are not in the map.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded

CONNECT = "entra-docs hybrid/connect/reference-connect-sync-attributes-synchronized.md (2025-04-09)"
USER = "graph-docs resources/user.md"
CLOUD_ONLY_SOURCE = "facts §13; not among the attributes that Connect sends"

TO_ENTRA, TO_AD, BOTH = "to_entra", "to_ad", "both"
TEXT, ADDRESS, ADDRESSES, FIRST, ENABLED, REFERENCE = "text", "address", "addresses", "first", "enabled", "reference"
"""Forms of a value. ``first``: Graph holds a list of which AD knows one (user.md: "Only one number can be set").
``reference``: another object's name, which no comparison of texts tells equal."""
AT_RISK, CALCULATED, KEPT = "at_risk", "calculated", "kept"

OVERWRITTEN, DISABLED = "overwritten", "disabled"

RawAttributes = Mapping[str, Sequence[bytes]]


@dataclass(frozen=True)
class Row:
    """One row: the key in our records, the attribute in AD, the property in Graph (a dot leads into a part of it).

    ``fallback`` is what Connect sends where ``ad`` is empty. ``when_empty`` says what becomes of the cloud's value
    where AD has none: ``at_risk`` (Microsoft's pages contradict each other, facts §2), ``calculated`` (Entra makes one
    by itself), ``kept`` (the cloud may go on setting it).
    """

    record: str
    ad: str
    entra: str
    source: str = CONNECT
    direction: str = BOTH
    form: str = TEXT
    fallback: str | None = None
    when_empty: str = AT_RISK

    @property
    def to_entra(self) -> bool:
        return self.direction != TO_AD

    @property
    def to_ad(self) -> bool:
        return self.direction != TO_ENTRA

    @property
    def multi(self) -> bool:
        """Whether our records hold a list."""
        return self.form == ADDRESSES


_EXTENSIONS = tuple(
    Row(
        f"extension_attribute_{number}",
        f"extensionAttribute{number}",
        f"onPremisesExtensionAttributes.extensionAttribute{number}",
    )
    for number in range(1, 16)
)

ROWS: tuple[Row, ...] = (
    Row("enabled", "userAccountControl", "accountEnabled", form=ENABLED, direction=TO_ENTRA),
    Row("user_principal_name", "userPrincipalName", "userPrincipalName", form=ADDRESS, when_empty=CALCULATED),
    Row("display_name", "displayName", "displayName", fallback="cn"),
    Row("given_name", "givenName", "givenName"),
    Row("surname", "sn", "surname"),
    Row("mail", "mail", "mail", form=ADDRESS),
    Row("proxy_addresses", "proxyAddresses", "proxyAddresses", form=ADDRESSES),
    # facts §7 "Verified domain": made from the addresses and the UPN where AD has none.
    Row("mail_nickname", "mailNickname", "mailNickname", when_empty=CALCULATED),
    Row("job_title", "title", "jobTitle"),
    Row("department", "department", "department"),
    Row("company_name", "company", "companyName"),
    Row("office_location", "physicalDeliveryOfficeName", "officeLocation"),
    Row("business_phone", "telephoneNumber", "businessPhones", form=FIRST),
    # facts §2 `bypassDirSyncOverridesEnabled`: unless it is on, a number that was set in the cloud may win over AD's.
    Row("mobile_phone", "mobile", "mobilePhone"),
    Row("fax_number", "facsimileTelephoneNumber", "faxNumber"),
    Row("street_address", "streetAddress", "streetAddress"),
    Row("city", "l", "city"),
    Row("state", "st", "state"),
    Row("postal_code", "postalCode", "postalCode"),
    # AD keeps c, co and countryCode together (facts §13); Graph's country is the name.
    Row("country", "co", "country"),
    Row("employee_id", "employeeID", "employeeId"),
    Row("employee_type", "employeeType", "employeeType", source=CLOUD_ONLY_SOURCE, direction=TO_AD),
    Row("preferred_language", "preferredLanguage", "preferredLanguage"),
    # CONNECT lists usageLocation without saying where it comes from; administrators report this attribute of the
    # Exchange schema. Licensing needs it in the cloud for everybody whom AD gives none.
    Row("usage_location", "msExchUsageLocation", "usageLocation", direction=TO_ENTRA, when_empty=KEPT),
    *_EXTENSIONS,
    Row("manager", "manager", "manager", form=REFERENCE),
)

_COMPARED = tuple(row for row in ROWS if row.to_entra and row.form != REFERENCE)
_PRIMARY = "SMTP:"


def ldap_attributes() -> tuple[str, ...]:
    """The LDAP attributes that ``ad_attributes`` looks at; a directory may lack Exchange's of them (facts §11)."""
    names = [name for row in _COMPARED for name in (row.ad, row.fallback) if name]
    return tuple(dict.fromkeys(names))


def entra_properties() -> tuple[str, ...]:
    """The Graph properties that ``entra_attributes`` looks at, as ``$select`` names them."""
    return tuple(dict.fromkeys(row.entra.partition(".")[0] for row in _COMPARED))


def ad_attributes(attributes: RawAttributes) -> Record:
    """What a sync would send of an AD user's attributes, by record key; None (or an empty list) for an empty one.

    ``attributes`` maps lower-case LDAP names to raw values. What ``ad_record`` holds already (``enabled``, UPN,
    ``mail``, ``proxy_addresses``) is not in it.
    """
    return {row.record: _ad_value(row, attributes) for row in _COMPARED if row.record not in _IN_EVERY_RECORD}


_IN_EVERY_RECORD = ("enabled", "user_principal_name", "mail", "proxy_addresses")


def entra_attributes(user: Mapping[str, Any]) -> Record:
    """The same keys from Graph's JSON of a user."""
    return {row.record: _entra_value(row, user) for row in _COMPARED if row.record not in _IN_EVERY_RECORD}


def every_property() -> tuple[str, ...]:
    """The Graph properties of the whole map, as ``$select`` names them; a reference is expanded, not selected."""
    return tuple(dict.fromkeys(row.entra.partition(".")[0] for row in ROWS if row.form != REFERENCE))


def every_attribute(user: Mapping[str, Any]) -> Record:
    """What ``entra_attributes`` gives, and what goes to AD alone, from Graph's JSON of a user."""
    rows = [row for row in ROWS if row.record not in _IN_EVERY_RECORD and row.form != REFERENCE]
    return {row.record: _entra_value(row, user) for row in rows}


def overwrites(ad: Mapping[str, Any], cloud: Mapping[str, Any]) -> list[Record]:
    """What a match would do to the cloud user: ``{"attribute", "cloud", "ad", "effect"}``, in the order of the map.

    ``ad`` and ``cloud`` hold record keys (those of every record and those above); a key that is missing was not read
    and is passed over. ``user_principal_name`` of ``ad`` is the name that the user would get in the cloud.
    ``effect``: ``overwritten``, ``at_risk`` (AD is empty, facts §2) or ``disabled`` (the account's sign-in).
    """
    found = []
    for row in _COMPARED:
        if row.record in ad and row.record in cloud:
            before, after = cloud[row.record], _sent(row, ad)
            effect = _effect(row, before, after)
            if effect:
                found.append({"attribute": row.record, "cloud": before, "ad": after, "effect": effect})
    return found


def equal(row: Row, ad_value: Any, cloud_value: Any) -> bool:
    """Whether a value of either side says the same: an empty one is equal to an empty one alone."""
    if not ad_value or not cloud_value:
        return bool(ad_value) == bool(cloud_value)
    comparable = _COMPARABLE.get(row.form, str)
    return bool(comparable(ad_value) == comparable(cloud_value))


def sent_addresses(ad: Mapping[str, Any]) -> list[str]:
    """The proxy addresses that a sync sends: AD's, and ``mail`` as the primary one where they name none (user.md)."""
    addresses = list(ad.get("proxy_addresses") or [])
    mail = ad.get("mail")
    if not mail or any(address.startswith(_PRIMARY) for address in addresses):
        return addresses
    return [f"{_PRIMARY}{mail}", *(other for other in addresses if folded(other) != folded(f"{_PRIMARY}{mail}"))]


def primary_address(addresses: Sequence[str]) -> str | None:
    """The primary SMTP address without its prefix."""
    return next((address[len(_PRIMARY) :] for address in addresses if address.startswith(_PRIMARY)), None)


def _sent(row: Row, ad: Mapping[str, Any]) -> Any:
    if row.form == ADDRESSES:
        return sorted(sent_addresses(ad)) or None
    if row.record == "mail":
        # user.md: mail is the primary address, whatever AD's mail says beside it.
        return primary_address(sent_addresses(ad)) or ad["mail"]
    return ad[row.record]


def _effect(row: Row, before: Any, after: Any) -> str | None:
    if row.form == ENABLED:
        if before is None or after is None or before == after:
            return None
        return DISABLED if before else OVERWRITTEN
    if not before:
        return None
    if not after:
        return AT_RISK if row.when_empty == AT_RISK else None
    return None if equal(row, after, before) else OVERWRITTEN


def _proxies(addresses: Sequence[str]) -> set[str]:
    # The prefix keeps its case: in capitals it is the primary address.
    return {prefix + colon + folded(rest) for prefix, colon, rest in (each.partition(":") for each in addresses)}


_COMPARABLE: dict[str, Callable[[Any], Any]] = {ADDRESS: folded, ADDRESSES: _proxies}


def _ad_value(row: Row, attributes: RawAttributes) -> str | None:
    for name in (row.ad, row.fallback):
        values = attributes.get(name.lower(), ()) if name else ()
        text = values[0].decode("utf-8", "replace").strip() if values else ""
        if text:
            return text
    return None


def _entra_value(row: Row, user: Mapping[str, Any]) -> str | None:
    value: Any = user
    for name in row.entra.split("."):
        value = (value or {}).get(name)
    if row.form == FIRST:
        value = value[0] if value else None
    return value or None
