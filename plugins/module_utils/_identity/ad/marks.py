# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is noted of an account when it is read: which entry of ``exclude`` it meets, and if a service runs as it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from ..core.identities.distinguished_names import dn_key, keys_upwards, parent_dn
from ..core.scope.named_object import NamedObject
from .faults import whole_number
from .service_accounts import SERVICE_NAMES, service_cause

Attributes = Mapping[str, Sequence[bytes]]
_MEMBERSHIP = ("memberOf", "primaryGroupID")


@dataclass(frozen=True, slots=True)
class Marks:
    """``excluded``: the entry that the account meets. ``service``: as ``service_cause`` returns it."""

    excluded: NamedObject | None = None
    service: str | None = None


NO_MARKS = Marks()


@dataclass(frozen=True)
class Places:
    """Where excluded accounts are, each with its entry.

    ``groups`` (by ``dn_key``) and ``rids`` are the groups and those nested in them. ``units`` are by ``dn_key``.
    """

    groups: Mapping[str, NamedObject] = field(default_factory=dict)
    rids: Mapping[int, NamedObject] = field(default_factory=dict)
    units: Mapping[str, NamedObject] = field(default_factory=dict)


class Marker:
    """Notes what concerns accounts while they are read. ``services``: whether service accounts are looked for."""

    def __init__(self, places: Places, services: bool) -> None:
        self._places = places
        self.services = services
        # Thousands of accounts are in the same few groups and units, and comparing names takes long.
        self._unit_of = cache(self._find_unit)
        self._group_of = cache(self._find_group)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The LDAP attributes that ``mark`` needs, besides those of every look-up."""
        return (*(_MEMBERSHIP if self._places.groups else ()), *((SERVICE_NAMES,) if self.services else ()))

    def mark(self, distinguished_name: str, attributes: Attributes) -> Marks:
        excluded = self._entry_of(distinguished_name, attributes)
        service = service_cause(attributes) if self.services else None
        return Marks(excluded, service) if excluded or service else NO_MARKS

    def _entry_of(self, distinguished_name: str, attributes: Attributes) -> NamedObject | None:
        places = self._places
        unit = self._unit_of(parent_dn(distinguished_name)) if places.units else None
        if unit or not places.groups:
            return unit
        for value in attributes.get("memberof", ()):
            group = self._group_of(value)
            if group:
                return group
        primary = next(iter(attributes.get("primarygroupid", ())), b"").decode("ascii", "replace")
        rid = whole_number(primary, 0xFFFFFFFF)
        # Every account has a primary group. If it is hidden, it may be any of these.
        return next(iter(places.groups.values())) if rid is None else places.rids.get(rid)

    def _find_group(self, value: bytes) -> NamedObject | None:
        return self._places.groups.get(dn_key(value.decode("utf-8", "replace")))

    def _find_unit(self, parent: str) -> NamedObject | None:
        units = self._places.units
        return next((units[key] for key in keys_upwards(parent) if key in units), None)
