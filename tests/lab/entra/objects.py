# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections other than users: $select, $filter, $top and opaque nextLinks over a list of records.

Less exact than `listing.py` on purpose: which operator needs an advanced query is checked for `ne`, `not` and
`endswith` alone (aad-advanced-queries.md), and any property may be asked.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

import orjson

from . import odata, schema
from .call import Call
from .errors import ADVANCED_HINT, GraphError, Reply, malformed, unsupported_query

Record = dict[str, Any]
Predicate = Callable[[Mapping[str, Any]], bool]

DEFAULT_TOP, MAX_TOP = 100, 999
_OPTIONS = {"$select", "$filter", "$top", "$count", "$skiptoken", "$expand"}


def page(
    call: Call,
    kind: str,
    records: Iterable[Record],
    context: str,
    *,
    beta: Mapping[str, str] | None = None,
    default: tuple[str, ...] = (),
    expand: Mapping[str, Callable[[Record], Any]] | None = None,
) -> Reply:
    """One page of `records` of the schema's type `kind`, in the order of their ids.

    `beta`: EDM types of properties that only /beta has. `default`: what is shown without $select, all where empty.
    `expand`: what $expand may name. Raises GraphError 400.
    """
    given = odata.parse_query(call.query)
    for name in given:
        if name.startswith("$") and name not in _OPTIONS:
            raise malformed(f"The query parameter '{name}' is not supported.")
    known = {**schema.properties(kind), **(beta or {})}
    shown = _selected(given.get("$select"), known, kind) or default or tuple(known)
    expanded = _expanded(given.get("$expand"), expand or {}, kind)
    advanced = call.headers.get("consistencylevel", "").lower() == "eventual" and "$count" in given
    test = _predicate(odata.parse_filter(given["$filter"]), known, kind, advanced) if "$filter" in given else None
    top = _top(given.get("$top"))
    after = _read_token(given["$skiptoken"]) if "$skiptoken" in given else ""
    every = sorted((record for record in records if test is None or test(record)), key=lambda record: record["id"])
    found = [record for record in every if record["id"] > after][: top + 1]
    body: Record = {"@odata.context": f"{call.origin}/{call.version}/$metadata#{context}"}
    if advanced:
        body["@odata.count"] = len(every)
    if len(found) > top:
        found.pop()
        kept = [pair for pair in call.query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != "$skiptoken"]
        token = quote(base64.urlsafe_b64encode(orjson.dumps(found[-1]["id"])).decode())
        body["@odata.nextLink"] = f"{call.origin}{call.full_path}?{'&'.join([*kept, '$skiptoken=' + token])}"
    body["value"] = [
        {**_shown(record, shown, known), **{name: show(record) for name, show in expanded.items()}} for record in found
    ]
    return Reply(200, body)


def _shown(record: Record, names: tuple[str, ...], known: Mapping[str, str]) -> Record:
    typed = {"@odata.type": record["@odata.type"]} if "@odata.type" in record else {}
    return {**typed, **{name: record.get(name, schema.empty_value(known[name])) for name in names}}


def _selected(text: str | None, known: Mapping[str, str], kind: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    for name in names:
        if name not in known:
            raise malformed(
                "Parsing OData Select and Expand failed: Could not find a property named "
                f"'{name}' on type 'microsoft.graph.{kind}'."
            )
    return names


def _expanded(text: str | None, possible: Mapping[str, Callable[[Record], Any]], kind: str) -> dict[str, Any]:
    names = [name.strip() for name in text.split(",")] if text else []
    for name in names:
        if name not in possible:
            raise malformed(f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.")
    return {name: possible[name] for name in names}


def _top(text: str | None) -> int:
    if text is None:
        return DEFAULT_TOP
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_TOP:
        raise unsupported_query(f"Invalid page size specified: '{text}'. Must be between 1 and {MAX_TOP} inclusive.")
    return int(text)


def _read_token(token: str) -> str:
    try:
        after = orjson.loads(base64.urlsafe_b64decode(token))
        if isinstance(after, str):
            return after
    except ValueError:
        pass
    message = "The specified page token value has expired and can no longer be included in your request."
    raise GraphError(400, "Directory_ExpiredPageToken", message)


def _predicate(node: odata.Node, known: Mapping[str, str], kind: str, advanced: bool) -> Predicate:
    match node:
        case odata.And(parts):
            tests = [_predicate(part, known, kind, advanced) for part in parts]
            return lambda record: all(test(record) for test in tests)
        case odata.Or(parts):
            tests = [_predicate(part, known, kind, advanced) for part in parts]
            return lambda record: any(test(record) for test in tests)
        case odata.Not(expression):
            if not advanced:
                raise unsupported_query(f"Operator 'not' {ADVANCED_HINT}")
            inner = _predicate(expression, known, kind, advanced)
            return lambda record: not inner(record)
        case odata.AnyOf(path, expression):
            _check(path, known, kind)
            inner = _predicate(expression, {"": "Edm.String"}, kind, advanced)
            return lambda record: any(inner({"": item}) for item in record.get(path) or [])
        case odata.In(path, values):
            _check(path, known, kind)
            wanted = {_folded(value) for value in values}
            return lambda record: _folded(record.get(path)) in wanted
        case odata.Compare(path, op, value):
            _check(path, known, kind)
            return _comparison(path, op, _folded(value), advanced)


def _comparison(path: str, op: str, wanted: Any, advanced: bool) -> Predicate:
    if op in ("ne", "endswith") and not advanced:
        raise unsupported_query(f"Operator '{op}' {ADVANCED_HINT}")
    match op:
        case "eq":
            return lambda record: bool(_folded(record.get(path)) == wanted)
        case "ne":
            return lambda record: bool(_folded(record.get(path)) != wanted)
        case "startswith":
            return lambda record: str(_folded(record.get(path)) or "").startswith(wanted)
        case "endswith":
            return lambda record: str(_folded(record.get(path)) or "").endswith(wanted)
        case _:
            raise unsupported_query(f"Unsupported or invalid query filter clause specified for property '{path}'.")


def _check(path: str, known: Mapping[str, str], kind: str) -> None:
    if path not in known:
        raise malformed(f"Could not find a property named '{path}' on type 'microsoft.graph.{kind}'.")


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
