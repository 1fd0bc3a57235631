# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a $filter on users may ask, and how it is answered.

Support by property and operator: graph-docs includes/filter-directory-objects.md and concepts/aad-advanced-queries.md,
corrected by facts §1 and §3 where the facts hold a newer reading (onPremisesImmutableId, onPremisesLastSyncDateTime,
onPremisesSyncEnabled, onPremisesProvisioningErrors). Advanced = header `ConsistencyLevel: eventual` and `$count=true`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from . import odata, schema
from .errors import ADVANCED_HINT, GraphError, malformed, unsupported_query
from .store import Record

Predicate = Callable[[Record], bool]

# graph-docs issue 1238 (and 2019 bodies in the wild): 15 by default, also for `in`; an advanced query may hold more.
# Its documented limit of 2,048 characters of URL has no known error body [NF] and is not enforced.
MAX_OR_CLAUSES = 15

_CLOUD_MANAGED = "onPremisesSyncBehavior/isCloudManaged"

# Columns: eq ge le in startswith null. d default, a advanced only, - not supported.
# `ne` and `not` are advanced wherever eq is supported; `in` is default wherever eq is (aad-advanced-queries.md).
_SUPPORT = {
    "accountEnabled": "d a a d - -",
    "city": "d d - d d a",
    "companyName": "a a a a a a",
    "country": "d d d d d a",
    "createdDateTime": "d d d a - -",
    "deletedDateTime": "d d d a - -",
    "department": "d d d d d a",
    "displayName": "d - - d d a",
    "employeeId": "d - a - d a",
    "employeeType": "a a a a a -",
    "givenName": "d d d d d a",
    "id": "d - - d - -",
    "jobTitle": "d d d d - a",
    "mail": "d d d d d -",
    "mailNickname": "d d d d d a",
    "mobilePhone": "a a a a a a",
    "officeLocation": "a a a a a a",
    "onPremisesImmutableId": "d d d d - -",
    "onPremisesLastSyncDateTime": "d d d a - -",
    "onPremisesSamAccountName": "a a a a a -",
    # facts §3: "eq Not supported by default table"
    "onPremisesSecurityIdentifier": "a - - a - a",
    "onPremisesSyncEnabled": "d a a d - a",
    "onPremisesUserPrincipalName": "d d d d d -",
    "postalCode": "a a a a a a",
    "preferredLanguage": "a a a a a a",
    "state": "d d d d d a",
    "streetAddress": "a a a a a a",
    "surname": "d d d d d a",
    "usageLocation": "d d d d d -",
    "userPrincipalName": "d - d d d -",
    "userType": "d - - d - a",
    "businessPhones": "d - - - - -",
    "otherMails": "d d d d d -",
    "proxyAddresses": "d d d - d a",
    "onPremisesProvisioningErrors/category": "d - - - - -",
    "onPremisesProvisioningErrors/propertyCausingError": "d - - - - -",
    # facts §15. The permission that it needs is [NF], so it needs none here but the one for the users.
    _CLOUD_MANAGED: "a - - - - -",
}
_COLUMNS = ("eq", "ge", "le", "in", "startswith", "null")
_ENDS_WITH = {"mail", "otherMails", "userPrincipalName", "proxyAddresses"}
_INDEXED = {"userPrincipalName", "mail", "onPremisesImmutableId", "onPremisesSecurityIdentifier"}


class UserFilter:
    """A checked $filter: `matches` tells a record, `index_pairs` the index keys that cover every match (or None)."""

    def __init__(self, text: str, advanced: bool) -> None:
        self._advanced = advanced
        self._node = odata.parse_filter(text)
        self._check_width(self._node)
        self.matches: Predicate = self._compile(self._node, "")
        self.index_pairs = _index_pairs(self._node)

    def _check_width(self, node: odata.Node) -> None:
        width = _or_width(node)
        if not self._advanced and width > MAX_OR_CLAUSES:
            raise unsupported_query(
                "Too many child clauses specified in search filter expression containing 'OR' operators: "
                f"{width}. Max allowed: {MAX_OR_CLAUSES}."
            )

    def _needs_advanced(self, operator: str) -> None:
        if not self._advanced:
            raise unsupported_query(f"Operator '{operator}' {ADVANCED_HINT}")

    def _compile(self, node: odata.Node, within: str) -> Predicate:
        match node:
            case odata.And(parts):
                tests = [self._compile(part, within) for part in parts]
                return lambda record: all(test(record) for test in tests)
            case odata.Or(parts):
                tests = [self._compile(part, within) for part in parts]
                return lambda record: any(test(record) for test in tests)
            case odata.Not(expression):
                self._needs_advanced("not")
                test = self._compile(expression, within)
                return lambda record: not test(record)
            case odata.AnyOf(path, expression):
                return self._compile_any(path, expression)
            case odata.In(path, values):
                return self._compile_in(_full(within, path), path, values)
            case odata.Compare(path, op, value):
                return self._compile_compare(_full(within, path), path, op, value)

    def _compile_any(self, path: str, expression: odata.Node) -> Predicate:
        if not schema.USER.get(path, "").startswith("Collection("):
            raise _no_such_property(path)
        if expression == odata.And(()):
            raise unsupported_query(f"Unsupported Query. The lambda operator 'any' on '{path}' needs an expression.")
        if path != "onPremisesProvisioningErrors" and path not in _SUPPORT:
            raise _not_filterable(path)
        test = self._compile(expression, path)
        return lambda record: any(
            test(item if isinstance(item, dict) else {"": item}) for item in record.get(path) or []
        )

    def _require(self, full: str, path: str, column: str, operator: str, value: Any) -> None:
        if path == full and schema.USER.get(full, "").startswith("Collection("):
            raise _incompatible(schema.USER[full])  # a collection is asked with any()
        support = _SUPPORT.get(full)
        if support is None:
            known = full.partition("/")[0] in schema.USER
            raise _not_filterable(full) if known else _no_such_property(full)
        if value is None:
            column = "null"
        level = support.split()[_COLUMNS.index(column)]
        # facts §1: the null column of onPremisesImmutableId is "Not supported": no search for users without a value.
        if level == "-":
            raise _not_filterable(full)
        if level == "a":
            self._needs_advanced(operator)

    def _compile_in(self, full: str, path: str, values: tuple[Any, ...]) -> Predicate:
        self._require(full, path, "in", "in", None if None in values else "")
        wanted = {_normal(full, value) for value in values}
        return lambda record: _normal(full, record.get(path)) in wanted

    def _compile_compare(self, full: str, path: str, op: str, value: Any) -> Predicate:
        if op in ("startswith", "endswith") and not isinstance(value, str):
            raise _incompatible("Edm.String")
        if op == "endswith":
            if full not in _ENDS_WITH:
                raise _not_filterable(full)
            self._needs_advanced("endsWith")
        elif op == "ne":
            self._require(full, path, "eq", "ne", value)
            self._needs_advanced("ne")
        elif op in ("gt", "lt"):
            raise _not_filterable(full)
        else:
            self._require(full, path, op, op, value)
        wanted = _normal(full, value)
        match op:
            case "eq":
                return lambda record: bool(_normal(full, _held(record, path)) == wanted)
            case "ne":
                return lambda record: bool(_normal(full, _held(record, path)) != wanted)
            case "ge":
                return lambda record: _ordered(full, record.get(path), wanted, lambda left, right: left >= right)
            case "le":
                return lambda record: _ordered(full, record.get(path), wanted, lambda left, right: left <= right)
            case "startswith":
                return lambda record: str(_normal(full, record.get(path)) or "").startswith(wanted)
            case _:
                return lambda record: str(_normal(full, record.get(path)) or "").endswith(wanted)


def _full(within: str, path: str) -> str:
    return "/".join(part for part in (within, path) if part)


def _held(record: Record, path: str) -> Any:
    return bool(record.get("lab", {}).get("isCloudManaged")) if path == _CLOUD_MANAGED else record.get(path)


def _not_filterable(path: str) -> GraphError:
    name = path.partition("/")[0]
    return unsupported_query(
        f"Unsupported or invalid query filter clause specified for property '{name}' of resource 'User'."
    )


def _no_such_property(path: str) -> GraphError:
    return malformed(f"Invalid filter clause: Could not find a property named '{path}' on type 'microsoft.graph.user'.")


def _edm_type(full: str) -> str:
    edm = "Edm.Boolean" if full == _CLOUD_MANAGED else schema.USER.get(full, "Edm.String")
    return edm[len("Collection(") : -1] if edm.startswith("Collection(") else edm


def _normal(full: str, value: Any) -> Any:
    """A value in the form in which it is compared; raises GraphError 400 for a literal of the wrong type."""
    if value is None:
        return None
    edm = _edm_type(full)
    if edm == "Edm.Boolean":
        if isinstance(value, bool):
            return value
        raise _incompatible(edm)
    if not isinstance(value, str):
        raise _incompatible(edm)
    if edm == "Edm.DateTimeOffset":
        try:
            return datetime.datetime.fromisoformat(value)
        except ValueError:
            raise _incompatible(edm) from None
    # facts §1: source anchors are case-sensitive; every other string of the directory compares without case.
    return value if full == "onPremisesImmutableId" else value.lower()


def _incompatible(edm: str) -> GraphError:
    return malformed(
        f"Invalid filter clause: A binary operator with incompatible types was detected: '{edm}' was expected."
    )


def _ordered(full: str, value: Any, wanted: Any, compare: Callable[[Any, Any], bool]) -> bool:
    held = _normal(full, value)
    return held is not None and wanted is not None and compare(held, wanted)


def _or_width(node: odata.Node) -> int:
    """The most clauses that one OR holds; `in` counts as the OR that the directory turns it into."""
    match node:
        case odata.Or(parts):
            return sum(max(1, _or_width(part)) for part in parts)
        case odata.And(parts):
            return max((_or_width(part) for part in parts), default=0)
        case odata.Not(expression) | odata.AnyOf(_, expression):
            return _or_width(expression)
        case odata.In(_, values):
            return len(values)
        case _:
            return 0


def _index_pairs(node: odata.Node) -> list[tuple[str, str]] | None:
    match node:
        case odata.Compare(path, "eq", str() as value):
            return _pairs(path, (value,))
        case odata.In(path, values):
            return _pairs(path, values)
        case odata.And(parts):
            return next((pairs for part in parts if (pairs := _index_pairs(part)) is not None), None)
        case odata.Or(parts):
            found: list[tuple[str, str]] = []
            for part in parts:
                pairs = _index_pairs(part)
                if pairs is None:
                    return None
                found += pairs
            return found
        case odata.AnyOf("proxyAddresses", odata.Compare("", "eq", str() as value)):
            return [("proxyAddresses", value.lower())]
        case _:
            return None


def _pairs(path: str, values: tuple[Any, ...]) -> list[tuple[str, str]] | None:
    if path != "id" and path not in _INDEXED:
        return None
    if not all(isinstance(value, str) for value in values):
        return None
    return [(path, value if path == "onPremisesImmutableId" else value.lower()) for value in values]
