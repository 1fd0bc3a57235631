# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Countries by name or code, from ISO 3166-1 as pycountry keeps it."""

from __future__ import annotations

from functools import cache

from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_values import Country
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded

# Names that people and Microsoft 365 use, and ISO does not (M365's admin center lists countries by such names).
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
    """The country of a name (the short, the official or the common one) or of a code of two or three letters."""
    return _table().get(folded(text))


@cache
def _table() -> dict[str, Country]:
    import pycountry

    found: dict[str, Country] = {}
    for each in pycountry.countries:
        name = getattr(each, "common_name", each.name)
        country = Country(each.alpha_2, name, str(int(each.numeric)))
        names = (each.name, getattr(each, "official_name", ""), name, each.alpha_2, each.alpha_3)
        found.update({folded(key): country for key in names if key})
    found.update({name: found[folded(code)] for name, code in _ALSO.items() if folded(code) in found})
    return found
