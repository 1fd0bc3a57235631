# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OData filters for users, encoded once and in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

MAX_VALUES = 15
"""The most values that one ``in``, or conditions that one ``or``, may hold (Microsoft: "Filter query parameter")."""

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_object_id(identity: str) -> bool:
    """Whether this names a user by object id rather than by UPN."""
    return bool(_OBJECT_ID.fullmatch(identity))


def filters_in(name: str, values: Iterable[str]) -> list[str]:
    """As many ``in`` filters as it takes for these values, in order and without repeats."""
    unique = list(dict.fromkeys(values))
    return [f"{name} in ({','.join(map(literal, chunk))})" for chunk in _chunks(unique)]


def quarantined() -> str:
    """A filter for every user with a value in quarantine (facts §3: supported by default)."""
    return "onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')"


def filters_by_address(addresses: Iterable[str]) -> list[str]:
    """Filters for whoever has one of these addresses, given without their prefix; Graph compares without case."""
    unique = list(dict.fromkeys(addresses))
    return [
        " or ".join(f"proxyAddresses/any(p:p eq {literal(f'smtp:{address}')})" for address in chunk)
        for chunk in _chunks(unique)
    ]


def literal(text: str) -> str:
    """An OData string literal. The SDK percent-encodes the filter afterwards, ``+`` and ``#`` included (facts §1)."""
    return "'" + text.replace("'", "''") + "'"


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), MAX_VALUES):
        yield values[start : start + MAX_VALUES]
