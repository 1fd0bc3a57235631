# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read from a refused write which value another object already holds (facts §1, §20 "400 ObjectConflict")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..._identity.core.text.visible import visible

IMMUTABLE_ID = "onPremisesImmutableId"

_PROPERTY = re.compile(r"same value for property (\w+) already exists")


_NAMED, _LONGEST = 3, 80


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value that another object holds, or several.

    ``property_name`` is Graph's name of the property, None if Graph names none. ``holder`` is the other object, such as
    ``user <object id>``, None if Graph does not say. Of several, both are lists with commas.
    """

    property_name: str | None
    holder: str | None


def read_conflict(error: Mapping[str, Any]) -> Conflict | None:
    """Return the conflict that an ``error`` object of Graph reports; None if it reports something else.

    The target of ``ObjectConflict`` names the property, else the message does; that of ``ConflictingObjects``, which
    may be missing, is the other object as ``<Kind>_<object id>``.
    """
    details = error.get("details")
    entries = [item for item in (details if isinstance(details, list) else ()) if isinstance(item, dict)]
    names, holders = _targets(entries, "objectconflict"), _targets(entries, "conflictingobjects")
    said = list(dict.fromkeys(_PROPERTY.findall(" ".join(str(each.get("message")) for each in (error, *entries)))))
    codes = {str(item.get("code")).lower() for item in entries}
    if not said and not codes & {"objectconflict", "conflictingobjects"}:
        return None
    return Conflict(_listed(map(_known, names or said)), _listed(map(_object, holders)))


def _targets(entries: Iterable[Mapping[str, Any]], code: str) -> list[str]:
    found = (item.get("target") for item in entries if str(item.get("code")).lower() == code)
    return list(dict.fromkeys(target for target in found if isinstance(target, str) and target))


def _known(name: str) -> str:
    return IMMUTABLE_ID if name.lower() == IMMUTABLE_ID.lower() else name


def _object(target: str) -> str:
    kind, _underscore, key = target.rpartition("_")
    return f"{kind.lower()} {key}" if kind and key else key


def _listed(names: Iterable[str]) -> str | None:
    found = [visible(name, _LONGEST) for name in names if name]
    more = [f"{len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return ", ".join(found[:_NAMED] + more) or None
