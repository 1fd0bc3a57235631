# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values a record puts into AD, by the attribute map, and whether AD's own schema takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_names import utf16_length
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_wishes import AccountWish
from ansible_collections.hybrid.identity.plugins.module_utils._identity.attribute_map import (
    ADDRESSES,
    ENABLED,
    REFERENCE,
    ROWS,
    Row,
    primary_address,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import Refusal

UPN, SAM, MANAGER, CONTROL = "userPrincipalName", "sAMAccountName", "manager", "userAccountControl"
COUNTRY = ("c", "co", "countryCode")
"""The three that AD keeps together (facts §13)."""

FILLED: tuple[Row, ...] = tuple(
    row for row in ROWS if row.to_ad and row.form not in (ENABLED, REFERENCE) and row.ad != UPN
)
"""The rows of the attribute map that are written as they are; names, state and manager are decided elsewhere."""

WRITTEN = (*(row.ad for row in FILLED if row.ad not in COUNTRY), *COUNTRY)
"""Every LDAP attribute that comes from a record's texts."""

Values = dict[str, tuple[str, ...]]
"""LDAP attribute to its values, as texts."""


@dataclass(frozen=True)
class Country:
    """A country of ISO 3166-1: its two letters, its English name and its number without leading zeros."""

    code: str
    name: str
    number: str


Countries = Callable[[str], "Country | None"]
"""Finds a country by its name or a code of it; None where it knows no such country."""

Schema = Mapping[str, "int | None"]
"""The attributes that the directory knows, in lower case, with their ``rangeUpper`` (None: no upper bound)."""


@dataclass(frozen=True)
class Wanted:
    """The values of one record; ``left_out`` says by record key why something that was given is not among them."""

    values: Values
    left_out: Mapping[str, str]
    refusal: Refusal | None = None


def wanted_values(wish: AccountWish, schema: Schema, countries: Countries) -> Wanted:
    """What a wish puts into AD. A value that AD would refuse is the refusal of the whole wish."""
    values: Values = {}
    left_out: dict[str, str] = {}
    for row in FILLED:
        given = _given(row, wish)
        if given is None:
            return Wanted(values, left_out, _malformed(row, wish))
        if not given:
            continue
        if row.ad.lower() not in schema:
            left_out[row.record] = f"the schema of the directory has no {row.ad}"
            continue
        if row.record == "country":
            country = countries(given[0])
            if country is None:
                return Wanted(values, left_out, _unknown_country(given[0], wish))
            values.update(_country_values(given[0], country))
            continue
        values[row.ad] = given
    return Wanted(values, left_out, _too_long(values, schema, wish))


def _given(row: Row, wish: AccountWish) -> tuple[str, ...] | None:
    """The values of one row: none where the record has none, None where it holds what cannot be a text."""
    if row.form == ADDRESSES:
        return wish.addresses
    value: Any = wish.record.get(row.record)
    if row.record == "mail":
        value = primary_address(wish.addresses) or value
    if value is None:
        return ()
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value).strip()
    if "\0" in text:
        return None
    return (text,) if text else ()


def _country_values(given: str, country: Country) -> Values:
    # A name stays as it is written, so that Graph's country is the same after a sync; a code becomes a name.
    name = country.name if len(given) <= 3 else given
    return {"c": (country.code,), "co": (name,), "countryCode": (country.number,)}


def _malformed(row: Row, wish: AccountWish) -> Refusal:
    return Refusal("malformed_value", f"{row.record} of {wish.upn} is no text that AD could hold; correct it.")


def _unknown_country(given: str, wish: AccountWish) -> Refusal:
    return Refusal(
        "unknown_country",
        f"{given!r}, the country of {wish.upn}, is no country of ISO 3166; write its English name or its two letters.",
    )


def _too_long(values: Values, schema: Schema, wish: AccountWish) -> Refusal | None:
    for name, texts in {**values, UPN: (wish.upn,)}.items():
        longest = schema.get(name.lower())
        for text in texts if longest and name != "countryCode" else ():
            if utf16_length(text) > (longest or 0):
                return Refusal(
                    "value_too_long",
                    f"{name} of {wish.upn} has {utf16_length(text)} characters, and AD takes {longest}; shorten it.",
                )
    return None
