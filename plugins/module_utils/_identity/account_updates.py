# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an account that exists is changed: only what is empty, or whatever differs."""

from __future__ import annotations

from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_directory import texts
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_values import COUNTRY, Values
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.attribute_map import ROWS, equal

_ROWS = {row.ad: row for row in ROWS}
_NO_COUNTRY = "0"  # countryCode of an account that has none


def changed_values(account: AdObject, wanted: Values, overwrite: bool) -> tuple[Values, Values]:
    """The values before and after, of the attributes that change alone. What a record lacks is left as it is.

    The three attributes of the country are filled together: only where all of them are empty.
    """
    before: Values = {}
    after: Values = {}
    has_country = any(_held(account, name) for name in COUNTRY)
    for name, values in wanted.items():
        held = _held(account, name)
        filled = has_country if name in COUNTRY else bool(held)
        if _same(name, held, values) or (filled and not overwrite):
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
