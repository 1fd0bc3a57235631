# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values a record puts into AD, by the attribute map, whether AD's own schema accepts them, and which change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..ad.objects import AdObject
from ..core.attribute_map import ADDRESSES, ENABLED, REFERENCE, ROWS, Row, equal
from ..core.identities.addresses import primary_address
from ..core.refusal import Refusal
from .directory import texts
from .names import utf16_length
from .requests import AccountRequest

UPN, SAM, MANAGER, CONTROL = "userPrincipalName", "sAMAccountName", "manager", "userAccountControl"
DISABLED, NEEDS_NO_PASSWORD = 0x2, 0x20
"""The bit ACCOUNTDISABLE of userAccountControl."""

COUNTRY = ("c", "co", "countryCode")
"""The three attributes of a country, which belong together (facts §13). Only ``co`` takes any text."""

FILLED: tuple[Row, ...] = tuple(
    row for row in ROWS if row.to_ad and row.form not in (ENABLED, REFERENCE) and row.ad != UPN
)
"""The rows of the attribute map that are written as they are. Names, state and manager are decided elsewhere."""

WRITTEN = (*(row.ad for row in FILLED if row.ad not in COUNTRY), *COUNTRY)
"""All LDAP attributes that come from a record's texts."""

_ROWS = {row.ad: row for row in ROWS}
_NO_COUNTRY = "0"  # countryCode of an account without a country

Values = dict[str, tuple[str, ...]]
"""The values by LDAP attribute, as texts."""


@dataclass(frozen=True)
class Country:
    """A country of ISO 3166-1: its two letters, its English name and its number without leading zeros."""

    code: str
    name: str
    number: str


Countries = Callable[[str], "Country | None"]
"""A function that finds a country by its name or code. It returns None for an unknown country."""

Schema = Mapping[str, "int | None"]
"""The attributes that the directory knows, in lower case, with their ``rangeUpper`` (None: no upper limit)."""


@dataclass(frozen=True)
class Wanted:
    """The values of one record; ``left_out`` says by record key why a given value is not among them."""

    values: Values
    left_out: Mapping[str, str]
    refusal: Refusal | None = None


def wanted_values(request: AccountRequest, schema: Schema, countries: Countries) -> Wanted:
    """Return what a request puts into AD. A value that AD would refuse leads to the refusal of the whole request."""
    values: Values = {}
    left_out: dict[str, str] = {}
    for row in FILLED:
        given = _given(row, request)
        if given is None:
            return Wanted(values, left_out, _malformed(row, request))
        if not given:
            continue
        if row.ad.lower() not in schema:
            left_out[row.record] = f"the schema of the directory has no {row.ad}"
            continue
        if row.record == "country":
            country = countries(given[0])
            values.update(_country_values(given[0], country) if country else {"co": given})
            if country is None:
                left_out[row.record] = _unknown_country(given[0])
            continue
        values[row.ad] = given
    return Wanted(values, left_out, _too_long(values, schema, request))


def _given(row: Row, request: AccountRequest) -> tuple[str, ...] | None:
    """Return the values of one row: none if the record has none, None if its value cannot be a text."""
    if row.form == ADDRESSES:
        return request.addresses
    primary = primary_address(request.addresses) if row.record == "mail" else None
    if primary:
        return None if "\0" in primary else tuple(filter(None, [primary.strip()]))
    if row.record in request.malformed:
        return None
    text = request.texts.get(row.record)
    return (text,) if text else ()


def _country_values(given: str, country: Country) -> Values:
    # A name stays as it is written, so that Graph's country is the same after a sync. A code becomes a name.
    name = country.name if len(given) <= 3 else given
    return {"c": (country.code,), "co": (name,), "countryCode": (country.number,)}


def _malformed(row: Row, request: AccountRequest) -> Refusal:
    return Refusal("malformed_value", f"{row.record} of {request.upn} is not a string that AD can store; correct it.")


def _unknown_country(given: str) -> str:
    return (
        f"{given!r} is not a country of ISO 3166, so only co can have it; in Entra ID, use the English name or "
        "the two-letter code"
    )


def _too_long(values: Values, schema: Schema, request: AccountRequest) -> Refusal | None:
    for name, given in {**values, UPN: (request.upn,)}.items():
        longest = schema.get(name.lower())
        for text in given if longest and name != "countryCode" else ():
            if utf16_length(text) > (longest or 0):
                return Refusal(
                    "value_too_long",
                    f"{name} of {request.upn} has {utf16_length(text)} characters, but AD allows {longest}; "
                    "shorten it.",
                )
    return None


def changed_values(account: AdObject, wanted: Values, overwrite: bool) -> tuple[Values, Values]:
    """Return the values before and after, only for attributes that change. Attributes that ``wanted`` lacks stay.

    Without ``overwrite``, the three attributes of the country are filled only if all of them are empty. A country that
    only ``co`` can hold does not overwrite one that the account has in all three.
    """
    before: Values = {}
    after: Values = {}
    has_country = any(_held(account, name) for name in COUNTRY)
    keeps_country = (has_country and not overwrite) or ("c" not in wanted and bool(_held(account, "c")))
    for name, values in wanted.items():
        held = _held(account, name)
        kept = keeps_country if name in COUNTRY else bool(held) and not overwrite
        if kept or _same(name, held, values):
            continue
        before[name], after[name] = held, values
    return before, after


def _held(account: AdObject, name: str) -> tuple[str, ...]:
    values = tuple(texts(account, name))
    return () if name == "countryCode" and values == (_NO_COUNTRY,) else values


def _same(name: str, held: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    row = _ROWS.get(name)
    if row is None or not held:
        return held == wanted
    return equal(row, held, wanted) if row.multi else equal(row, held[0], wanted[0])
