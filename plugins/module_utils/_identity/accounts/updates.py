# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which attributes of an existing account change: only the empty ones, or all that differ."""

from __future__ import annotations

from ..ad.objects import AdObject
from ..core.attribute_map import ROWS, equal
from .directory import texts
from .values import COUNTRY, Values

_ROWS = {row.ad: row for row in ROWS}
_NO_COUNTRY = "0"  # countryCode of an account without a country


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
