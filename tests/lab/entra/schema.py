# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and types of properties, from Microsoft's own schema (`metadata*.json`, their source lines inside)."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

from .errors import malformed

# graph-docs resources/users.md "Common properties": the answer without $select (facts §1: never the ImmutableId).
DEFAULT_USER_PROPERTIES = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)

_TYPES: dict[str, dict[str, Any]] = {
    name: entry
    for file in ("metadata.json", "metadata-more.json")
    for name, entry in json.loads(Path(__file__).with_name(file).read_text("utf-8"))["types"].items()
}


def properties(kind: str) -> dict[str, str]:
    """`{property: EDM type}` of a type of the schema, inherited ones included."""
    found: dict[str, str] = {}
    current: str | None = kind
    while current:
        entry = _TYPES[current]
        for name, spec in entry["properties"].items():
            found.setdefault(name, spec["type"])
        current = entry["base"]
    return found


USER = properties("user")


def empty_value(edm_type: str) -> Any:
    """What a property without a value answers: collections are empty lists, the rest null."""
    return [] if edm_type.startswith("Collection(") else None


def _is_datetime(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_PRIMITIVE = {
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.Int32": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Edm.DateTimeOffset": _is_datetime,
}


def check_value(name: str, edm_type: str, value: Any) -> None:
    """Raise GraphError 400 unless `value` has the EDM type. Types that the files do not hold pass."""
    if value is None:
        return
    if edm_type.startswith("Collection("):
        if not isinstance(value, list):
            raise malformed(f"A collection was expected for the property '{name}'.")
        for item in value:
            check_value(name, edm_type[len("Collection(") : -1], item)
        return
    if edm_type in _PRIMITIVE:
        if not _PRIMITIVE[edm_type](value):
            raise malformed(f"Cannot convert the literal '{value}' of '{name}' to the expected type '{edm_type}'.")
        return
    if edm_type in _TYPES:
        if not isinstance(value, dict):
            raise malformed(f"An object of type 'microsoft.graph.{edm_type}' was expected for the property '{name}'.")
        check_object(edm_type, value)


def check_object(kind: str, value: dict[str, Any]) -> None:
    """Raise GraphError 400 when `value` holds a property that the type lacks, or a value of another type.

    `user` is an open type in Microsoft's schema, and one report says that a misspelt property of it was answered 204
    and ignored (facts §9). Refusing is stricter: a client that sends a wrong name is found at once.
    """
    known = USER if kind == "user" else properties(kind)
    for name, item in value.items():
        if name.startswith("@odata."):
            continue
        if name not in known:
            raise malformed(
                f"The property '{name}' does not exist on type 'microsoft.graph.{kind}'. Make sure to only use "
                "property names that are defined by the type."
            )
        check_value(name, known[name], item)
