# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OData filters for users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..._identity.core.identities.cloud_identity import OBJECT_ID, UPN, CloudIdentity

MAX_VALUES = 15
"""The most values in one ``in``, and the most conditions in one ``or`` (Microsoft: "Filter query parameter")."""


def identity_filters(identities: Iterable[CloudIdentity]) -> list[str]:
    """Return filters for at least the users whom these identities name; Graph may find look-alikes too."""
    listed = list(identities)
    ids = [identity.text for identity in listed if identity.kind == OBJECT_ID]
    names = [identity.text for identity in listed if identity.kind == UPN]
    return filters_in("id", ids) + filters_in("userPrincipalName", names)


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
