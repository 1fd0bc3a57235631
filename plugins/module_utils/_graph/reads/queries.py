# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OData filters for users."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

MAX_VALUES = 15
"""The most values in one ``in``, and the most conditions in one ``or`` (Microsoft: "Filter query parameter")."""

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_object_id(identity: str) -> bool:
    """Return whether an identity is an object id and not a name."""
    return bool(_OBJECT_ID.fullmatch(identity))


def filters_in(name: str, values: Iterable[str]) -> list[str]:
    """Return as many ``in`` filters as these values need, in order and without repeats."""
    unique = list(dict.fromkeys(values))
    return [f"{name} in ({','.join(map(literal, chunk))})" for chunk in _chunks(unique)]


def quarantined() -> str:
    """Return a filter for all users with a value in quarantine (facts §3: supported by default)."""
    return "onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')"


def filters_by_address(addresses: Iterable[str]) -> list[str]:
    """Return filters for users who have one of these addresses.

    The addresses have no prefix such as ``smtp:``. Graph ignores case when it compares them.
    """
    unique = list(dict.fromkeys(addresses))
    return [
        " or ".join(f"proxyAddresses/any(p:p eq {literal(f'smtp:{address}')})" for address in chunk)
        for chunk in _chunks(unique)
    ]


def literal(text: str) -> str:
    """Return an OData string literal. The SDK percent-encodes it later, including ``+`` and ``#`` (facts §1)."""
    return "'" + text.replace("'", "''") + "'"


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), MAX_VALUES):
        yield values[start : start + MAX_VALUES]
