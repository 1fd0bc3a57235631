# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading from a refused write which value another object holds already (facts §1, §20 "400 ObjectConflict")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

IMMUTABLE_ID = "onPremisesImmutableId"

_PROPERTY = re.compile(r"same value for property (\w+) already exists")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value that another object holds.

    ``property_name`` is Graph's name of the property, None if Graph names none. ``holder`` is the other object, such as
    ``user <object id>``, None if Graph does not say.
    """

    property_name: str | None
    holder: str | None


def read_conflict(error: Mapping[str, Any]) -> Conflict | None:
    """The conflict that an ``error`` object of Graph reports; None if it reports something else.

    The target of ``ObjectConflict`` names the property; that of ``ConflictingObjects``, which may be missing, is the
    other object as ``<Kind>_<object id>``.
    """
    details = error.get("details")
    targets = {
        str(item.get("code")): item.get("target")
        for item in (details if isinstance(details, list) else ())
        if isinstance(item, dict)
    }
    if not targets.keys() & {"ObjectConflict", "ConflictingObjects"}:
        return None
    said = _PROPERTY.search(str(error.get("message")))
    property_name = targets.get("ObjectConflict") or (said and said.group(1))
    kind, _underscore, holder = str(targets.get("ConflictingObjects") or "").partition("_")
    return Conflict(str(property_name) if property_name else None, f"{kind.lower()} {holder}" if holder else None)
