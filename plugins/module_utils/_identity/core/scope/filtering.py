# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filtering of an Entra Connect server: which AD objects it synchronises (facts §19 "Who is exported")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from ..identities.distinguished_names import dn_key, keys_upwards, parent_dn


@dataclass(frozen=True)
class Filtering:
    """The filtering of one domain. Containers are by ``dn_key``.

    ``group``: the distinguished name of a group of which only direct members are synchronised; None without it.
    """

    included: frozenset[str]
    excluded: frozenset[str]
    group: str | None = None
    _known: dict[str, bool] = field(default_factory=dict, compare=False)

    def covers(self, distinguished_name: str) -> bool:
        """Return whether the containers let an object through. Whether it is a member of ``group`` is another question.

        The container nearest to the object decides. If none of them is listed, the object is synchronised.
        """
        parent = parent_dn(distinguished_name)
        if parent not in self._known:
            self._known[parent] = self._decide(parent)
        return self._known[parent]

    def _decide(self, container: str) -> bool:
        listed = (key for key in keys_upwards(container) if key in self.included or key in self.excluded)
        nearest = next(listed, None)
        # No source says which wins if a container is in both lists.
        return nearest is None or nearest in self.included


def read_filtering(given: Iterable[Mapping[str, Any]], domain: str) -> Filtering | None:
    """Return the filtering of a domain, by its distinguished name; None if the server does not synchronise the domain.

    ``given``: entries with ``partition``, ``included``, ``excluded`` and ``group``, as entra_connect_info returns them.

    :raises InputError: if the domain has several entries.
    """
    found = [entry for entry in given if _is_of(entry, domain)]
    if len(found) > 1:
        raise InputError(f"scope.filtering has {len(found)} entries for {domain}. Pass the filtering of one server.")
    if not found:
        return None
    included, excluded = (frozenset(map(dn_key, found[0][name] or ())) for name in ("included", "excluded"))
    return Filtering(included, excluded, group=found[0]["group"] or None)


def list_other_partitions(given: Iterable[Mapping[str, Any]], domain: str) -> list[str]:
    """Return the distinguished names of what the server synchronises besides a domain. ``given`` as above."""
    return [entry["partition"] for entry in given if not _is_of(entry, domain)]


def _is_of(entry: Mapping[str, Any], domain: str) -> bool:
    return dn_key(entry["partition"]) == dn_key(domain)
