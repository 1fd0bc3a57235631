# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look up countries by name or code, in pycountry's copy of ISO 3166-1."""

from __future__ import annotations

from functools import cache

from .._identity.accounts.values import Country

# Names that people and Microsoft 365's admin center use, and that ISO does not have.
_ALSO = {
    "uk": "GB",
    "great britain": "GB",
    "usa": "US",
    "czech republic": "CZ",
    "turkey": "TR",
    "south korea": "KR",
    "russia": "RU",
    "macedonia": "MK",
    "ivory coast": "CI",
    "swaziland": "SZ",
    "cape verde": "CV",
}


def find_country(text: str) -> Country | None:
    """Return the country with a short, official or common name, or with a code of two or three letters."""
    return _table().get(_key(text))


@cache
def _table() -> dict[str, Country]:
    import pycountry

    found: dict[str, Country] = {}
    for each in pycountry.countries:
        name = getattr(each, "common_name", each.name)
        country = Country(each.alpha_2, name, str(int(each.numeric)))
        names = (each.name, getattr(each, "official_name", ""), name, each.alpha_2, each.alpha_3)
        found.update({_key(key): country for key in names if key})
    found.update({name: found[_key(code)] for name, code in _ALSO.items() if _key(code) in found})
    return found


def _key(text: str) -> str:
    return text.strip().casefold()
