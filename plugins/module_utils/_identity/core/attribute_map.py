# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attribute map: which attribute of Active Directory is which property in Entra, and what a match overwrites.

Sources of the rows:

- The AD attributes that Entra Connect sends: ``CONNECT``, its tables "User" (facts §2 "Overwriting").
- The property of Graph for each attribute: facts §13, graph-docs resources/user.md.
- What Connect changes in a value on its way: its default rules "In from AD - User Common" and "... Common from
  Exchange". They trim texts, and send ``cn`` if ``displayName`` is empty.

Microsoft's page names attributes that Graph does not show (``info``, ``pager``, ``homePhone`` and others, and those of
Exchange). They cannot be compared, so the map does not contain them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .identities.comparison import entra_key
from .records import Record

CONNECT = "entra-docs hybrid/connect/reference-connect-sync-attributes-synchronized.md (2025-04-09)"
USER = "graph-docs resources/user.md"
CLOUD_ONLY_SOURCE = "facts §13; not among the attributes that Connect sends"

TO_ENTRA, TO_AD, BOTH = "to_entra", "to_ad", "both"
TEXT, ADDRESS, ADDRESSES, FIRST, ENABLED, REFERENCE = "text", "address", "addresses", "first", "enabled", "reference"
"""Forms of a value. ``first``: Graph has a list, AD one value (user.md: "Only one number can be set").
``reference``: the name of another object. A comparison of texts cannot tell whether two references are equal."""
AT_RISK, CALCULATED, KEPT = "at_risk", "calculated", "kept"

OVERWRITTEN, DISABLED = "overwritten", "disabled"

RawAttributes = Mapping[str, Sequence[bytes]]


@dataclass(frozen=True)
class Row:
    """One row: the key in records, the attribute in AD, the property in Graph (a dot leads into a nested property).

    ``fallback`` is the AD attribute that Connect sends if ``ad`` is empty. ``when_empty`` says what happens to the
    cloud value if AD has none: ``at_risk`` (Microsoft's pages contradict each other, facts §2), ``calculated`` (Entra
    calculates one), ``kept`` (the cloud can still set it).
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
        """Whether records hold a list."""
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
    # facts §7 "Verified domain": Entra calculates it from the addresses and the UPN if AD has none.
    Row("mail_nickname", "mailNickname", "mailNickname", when_empty=CALCULATED),
    Row("job_title", "title", "jobTitle"),
    Row("department", "department", "department"),
    Row("company_name", "company", "companyName"),
    Row("office_location", "physicalDeliveryOfficeName", "officeLocation"),
    Row("business_phone", "telephoneNumber", "businessPhones", form=FIRST),
    # facts §2 `bypassDirSyncOverridesEnabled`: unless it is on, a number set in the cloud may replace AD's.
    Row("mobile_phone", "mobile", "mobilePhone"),
    Row("fax_number", "facsimileTelephoneNumber", "faxNumber"),
    Row("street_address", "streetAddress", "streetAddress"),
    Row("city", "l", "city"),
    Row("state", "st", "state"),
    Row("postal_code", "postalCode", "postalCode"),
    # In AD, c, co and countryCode belong together (facts §13). Graph's country is the name.
    Row("country", "co", "country"),
    Row("employee_id", "employeeID", "employeeId"),
    Row("employee_type", "employeeType", "employeeType", source=CLOUD_ONLY_SOURCE, direction=TO_AD),
    Row("preferred_language", "preferredLanguage", "preferredLanguage"),
    # CONNECT lists usageLocation but does not say which attribute it comes from. Administrators report this one of
    # the Exchange schema. Licensing needs a value in the cloud for each user for whom AD has none.
    Row("usage_location", "msExchUsageLocation", "usageLocation", direction=TO_ENTRA, when_empty=KEPT),
    *_EXTENSIONS,
    Row("manager", "manager", "manager", form=REFERENCE),
)

_COMPARED = tuple(row for row in ROWS if row.to_entra and row.form != REFERENCE)
_PRIMARY = "SMTP:"


def ldap_attributes() -> tuple[str, ...]:
    """Return the LDAP attributes that can be compared with the cloud. A directory may lack Exchange's (facts §11)."""
    names = [name for row in _COMPARED for name in (row.ad, row.fallback) if name]
    return tuple(dict.fromkeys(names))


def entra_properties() -> tuple[str, ...]:
    """Return the Graph properties that can be compared with AD, as ``$select`` names them."""
    return tuple(dict.fromkeys(row.entra.partition(".")[0] for row in _COMPARED))


def ad_attributes(attributes: RawAttributes) -> Record:
    """Return what a sync would send of an AD user's attributes, by record key; None for an empty attribute.

    ``attributes`` maps lower-case LDAP names to raw values. The result lacks the keys that every record has
    (``enabled``, UPN, ``mail``, ``proxy_addresses``).
    """
    return {key: _ad_value(attributes.get(name), fallback, attributes) for key, name, fallback in _AD_COLUMNS}


_IN_EVERY_RECORD = ("enabled", "user_principal_name", "mail", "proxy_addresses")
_OWN_ROWS = tuple(row for row in ROWS if row.record not in _IN_EVERY_RECORD and row.form != REFERENCE)


def entra_attributes(user: Mapping[str, Any]) -> Record:
    """Return the keys of ``ad_attributes`` with the values from Graph's JSON of a user."""
    return _entra_values(user, _ENTRA_COLUMNS)


def every_property() -> tuple[str, ...]:
    """Return the Graph properties of all rows, as ``$select`` names them; references are left out (``$expand``)."""
    return tuple(dict.fromkeys(row.entra.partition(".")[0] for row in ROWS if row.form != REFERENCE))


def every_key() -> list[str]:
    """Return the record keys that ``every_attribute`` returns."""
    return [row.record for row in _OWN_ROWS]


def every_attribute(user: Mapping[str, Any]) -> Record:
    """Return what ``entra_attributes`` returns, and the values that go only to AD, from Graph's JSON of a user."""
    return _entra_values(user, _EVERY_COLUMN)


def overwrites(ad: Mapping[str, Any], cloud: Mapping[str, Any]) -> list[Record]:
    """Return ``{"attribute", "cloud", "ad", "effect"}`` for each value that a match would overwrite, in map order.

    ``ad`` and ``cloud`` hold the keys of a record and those of ``ad_attributes``. A missing key was not read and is
    skipped. ``user_principal_name`` of ``ad`` is the name that the user would get in the cloud. ``effect`` is
    ``overwritten``, ``at_risk`` (AD is empty, facts §2) or ``disabled`` (the user can no longer sign in).
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
    """Return whether both values say the same. An empty value equals only another empty one."""
    if not ad_value or not cloud_value:
        return bool(ad_value) == bool(cloud_value)
    comparable = _COMPARABLE.get(row.form, str)
    return bool(comparable(ad_value) == comparable(cloud_value))


def sent_addresses(ad: Mapping[str, Any]) -> list[str]:
    """Return the proxy addresses that a sync sends: AD's, with ``mail`` as primary if none is primary (user.md)."""
    addresses = list(ad.get("proxy_addresses") or [])
    mail = ad.get("mail")
    if not mail or any(address.startswith(_PRIMARY) for address in addresses):
        return addresses
    return [f"{_PRIMARY}{mail}", *(other for other in addresses if entra_key(other) != entra_key(f"{_PRIMARY}{mail}"))]


def primary_address(addresses: Sequence[str]) -> str | None:
    """Return the primary SMTP address without its prefix; None if there is none."""
    return next((address[len(_PRIMARY) :] for address in addresses if address.startswith(_PRIMARY)), None)


def _sent(row: Row, ad: Mapping[str, Any]) -> Any:
    if row.form == ADDRESSES:
        return sorted(sent_addresses(ad)) or None
    if row.record == "mail":
        # user.md: mail in Entra is the primary address, even if mail in AD is another one.
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
    # The prefix keeps its case, because SMTP in capitals marks the primary address.
    return {prefix + colon + entra_key(rest) for prefix, colon, rest in (each.partition(":") for each in addresses)}


_COMPARABLE: dict[str, Callable[[Any], Any]] = {ADDRESS: entra_key, ADDRESSES: _proxies}


def _ad_value(values: Sequence[bytes] | None, fallback: str | None, attributes: RawAttributes) -> str | None:
    text = values[0].decode("utf-8", "replace").strip() if values else None
    return text or (_ad_value(attributes.get(fallback), None, attributes) if fallback else None)


def _entra_values(user: Mapping[str, Any], columns: Sequence[tuple[str, str, str, bool]]) -> Record:
    found: Record = {}
    for key, name, inner, is_list in columns:
        value = user.get(name)
        if value and inner:
            value = value.get(inner)
        found[key] = (value[0] if is_list and value else value) or None
    return found


def _columns(rows: Iterable[Row]) -> tuple[tuple[str, str, str, bool], ...]:
    """Return, for each row, the key, the property, the property within that, and whether Graph has a list."""
    return tuple((row.record, *row.entra.partition(".")[::2], row.form == FIRST) for row in rows)


# Made once, because records are made of every user of a tenant.
_SENT_ROWS = tuple(row for row in _COMPARED if row.record not in _IN_EVERY_RECORD)
_AD_COLUMNS = tuple((row.record, row.ad.lower(), row.fallback and row.fallback.lower()) for row in _SENT_ROWS)
_ENTRA_COLUMNS = _columns(_SENT_ROWS)
_EVERY_COLUMN = _columns(_OWN_ROWS)
