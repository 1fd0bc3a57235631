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
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, TypeAlias

from .identities.addresses import primary_address, sent_addresses
from .identities.comparison import entra_key
from .records import RawAttributes

CONNECT = "entra-docs hybrid/connect/reference-connect-sync-attributes-synchronized.md (2025-04-09)"
USER = "graph-docs resources/user.md"
CLOUD_ONLY_SOURCE = "facts §13; not among the attributes that Connect sends"

TO_ENTRA, TO_AD, BOTH = "to_entra", "to_ad", "both"
TEXT, ADDRESS, ADDRESSES, FIRST, ENABLED, REFERENCE = "text", "address", "addresses", "first", "enabled", "reference"
"""Forms of a value. ``first``: Graph has a list, AD one value (user.md: "Only one number can be set").
``reference``: the name of another object. A comparison of texts cannot tell whether two references are equal."""
AT_RISK, CALCULATED, KEPT = "at_risk", "calculated", "kept"

OVERWRITTEN, DISABLED = "overwritten", "disabled"

Value: TypeAlias = "str | bool | list[str] | None"
"""A value of one row: a text, whether the account is enabled, or addresses."""

Sent: TypeAlias = "Sequence[str | None]"
"""What a sync sends besides what every record has, or the cloud has of that: one value for each of SENT_KEYS, None for
an empty one. All users share the keys. Empty values at the end may be missing, but there is always a first one."""


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


def ldap_attributes() -> tuple[str, ...]:
    """Return the LDAP attributes that can be compared with the cloud. A directory may lack Exchange's (facts §11)."""
    names = [name for row in _COMPARED for name in (row.ad, row.fallback) if name]
    return tuple(dict.fromkeys(names))


def entra_properties() -> tuple[str, ...]:
    """Return the Graph properties that can be compared with AD, as ``$select`` names them."""
    return tuple(dict.fromkeys(row.entra.partition(".")[0] for row in _COMPARED))


def ad_attributes(attributes: RawAttributes) -> Sent:
    """Return what a sync would send of an AD user's attributes, None for an empty attribute.

    The result lacks what every record has (``enabled``, UPN, ``mail``, ``proxy_addresses``).
    """
    found = [_ad_text(attributes[name]) if name in attributes else None for name in _AD_NAMES]
    for position, fallback in _AD_FALLBACKS:
        if not found[position] and fallback in attributes:
            found[position] = _ad_text(attributes[fallback])
    return _without_empty_end(found)


def by_key(sent: Sent) -> dict[str, str | None]:
    """Return values by their keys in records."""
    return dict(zip_longest(SENT_KEYS, sent))


def mail_nickname(sent: Sent) -> str | None:
    return sent[_NICKNAME] if len(sent) > _NICKNAME else None


_IN_EVERY_RECORD = ("enabled", "user_principal_name", "mail", "proxy_addresses")


def entra_attributes(user: Mapping[str, Any]) -> Sent:
    """Return the values of SENT_KEYS from Graph's JSON of a user."""
    return _without_empty_end(_SENT_COLUMNS.values(user))


def _without_empty_end(values: Sequence[str | None]) -> Sent:
    # Few users have all of the values, and no two users can share the tuple.
    last = next((place for place in range(len(values) - 1, 0, -1) if values[place] is not None), 0)
    return tuple(values[: last + 1])


def every_property() -> tuple[str, ...]:
    """Return the Graph properties of all rows, as ``$select`` names them; references are left out (``$expand``)."""
    return tuple(dict.fromkeys(row.entra.partition(".")[0] for row in ROWS if row.form != REFERENCE))


def every_attribute(user: Mapping[str, Any]) -> Sequence[str | None]:
    """Return all values of the map, in the order of ``EVERY_KEY``, from Graph's JSON of a user."""
    return _EVERY_COLUMN.values(user)


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared of a user of one side.

    ``user_principal_name`` of an AD user is the name that the user would get in the cloud. ``others``: values by
    SENT_KEYS. A missing key was not read.
    """

    enabled: bool | None = None
    user_principal_name: str | None = None
    mail: str | None = None
    proxy_addresses: Sequence[str] = ()
    others: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overwrite:
    """A value that a match overwrites.

    ``effect`` is ``overwritten``, ``at_risk`` (AD is empty, facts §2) or ``disabled`` (the user can no longer sign in).
    """

    attribute: str
    cloud: Value
    ad: Value
    effect: str


def overwrites(ad: Compared, cloud: Compared) -> list[Overwrite]:
    """Return the values that a match would overwrite, in map order. What was not read on both sides is skipped."""
    sent = sent_addresses(ad.proxy_addresses, ad.mail)
    own: dict[str, tuple[Value, Value]] = {
        "enabled": (cloud.enabled, ad.enabled),
        "user_principal_name": (cloud.user_principal_name, ad.user_principal_name),
        # user.md: mail in Entra is the primary address, even if mail in AD is another one.
        "mail": (cloud.mail, primary_address(sent) or ad.mail),
        "proxy_addresses": (list(cloud.proxy_addresses), sorted(sent) or None),
    }
    found = []
    for row in _COMPARED:
        if row.record in own:
            before, after = own[row.record]
        elif row.record in ad.others and row.record in cloud.others:
            before, after = cloud.others[row.record], ad.others[row.record]
        else:
            continue
        effect = _effect(row, before, after)
        if effect:
            found.append(Overwrite(row.record, before, after, effect))
    return found


def equal(row: Row, ad_value: Any, cloud_value: Any) -> bool:
    """Return whether both values say the same. An empty value equals only another empty one."""
    if not ad_value or not cloud_value:
        return bool(ad_value) == bool(cloud_value)
    comparable = _COMPARABLE.get(row.form, str)
    return bool(comparable(ad_value) == comparable(cloud_value))


def _effect(row: Row, before: Value, after: Value) -> str | None:
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


def _ad_text(values: Sequence[bytes]) -> str | None:
    return values[0].decode("utf-8", "replace").strip() or None if values else None


class _Columns:
    """Where Graph's JSON of a user has the values of some rows. It is read for every user of a tenant.

    ``rows`` are in the order of the values: texts, the first of lists, and texts within properties. ``keys`` are their
    record keys.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        nested: dict[str, list[Row]] = {}
        texts: list[Row] = []
        lists: list[Row] = []
        for row in rows:
            if "." in row.entra:
                nested.setdefault(row.entra.partition(".")[0], []).append(row)
            else:
                (lists if row.form == FIRST else texts).append(row)
        self.rows = (*texts, *lists, *(row for within in nested.values() for row in within))
        self.keys = tuple(row.record for row in self.rows)
        self._texts = [row.entra for row in texts]
        self._lists = [row.entra for row in lists]
        self._nested = [(name, [row.entra.partition(".")[2] for row in within]) for name, within in nested.items()]

    def values(self, user: Mapping[str, Any]) -> tuple[str | None, ...]:
        found = [user.get(name) or None for name in self._texts]
        for name in self._lists:
            listed = user.get(name)
            found.append(listed[0] or None if listed else None)
        for name, within in self._nested:
            group = user.get(name) or {}
            found += [group.get(inner) or None for inner in within]
        return tuple(found)


_SENT_COLUMNS = _Columns(row for row in _COMPARED if row.record not in _IN_EVERY_RECORD)
SENT_KEYS = _SENT_COLUMNS.keys
"""The keys of the values that a sync sends besides what every record has."""
_NICKNAME = SENT_KEYS.index("mail_nickname")
_AD_NAMES = tuple(row.ad.lower() for row in _SENT_COLUMNS.rows)
_AD_FALLBACKS = tuple((place, row.fallback.lower()) for place, row in enumerate(_SENT_COLUMNS.rows) if row.fallback)
_EVERY_COLUMN = _Columns(row for row in ROWS if row.record not in _IN_EVERY_RECORD and row.form != REFERENCE)
EVERY_KEY = _EVERY_COLUMN.keys
"""The record keys of what ``every_attribute`` returns."""
