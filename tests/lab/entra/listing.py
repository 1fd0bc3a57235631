# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections: $select, $filter, $top, $orderby, $count and opaque nextLinks, for users alive and deleted."""

from __future__ import annotations

import base64
import bisect
import hashlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus

import orjson

from . import odata, schema
from .errors import ADVANCED_HINT, GraphError, Reply, bad_request, malformed, unsupported_query
from .filters import UserFilter
from .store import Record, View

DEFAULT_TOP = 100
MAX_TOP = 999  # facts §4 "Paging"

_KNOWN = {"$select", "$filter", "$top", "$count", "$orderby", "$skiptoken", "$expand"}
_EXPAND = re.compile(r"manager(?:\(\$select=([A-Za-z, ]+)\))?")
# aad-advanced-queries.md, table "Support for sorting": these two by default, with $filter only in advanced queries.
_SORTABLE = {"displayName", "userPrincipalName"}


@dataclass
class Options:
    """A collection query, checked."""

    select: tuple[str, ...] | None
    filter: UserFilter | None
    top: int
    count: bool
    order: str | None
    descending: bool
    after: list[str] | None
    digest: str
    manager: tuple[str, ...] | None = None
    """What $expand=manager shows of a manager; None where it was not asked for."""


def parse_select(text: str | None) -> tuple[str, ...] | None:
    """Property names of a $select. Raises GraphError 400 for one that a user does not have."""
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in schema.USER:
            raise malformed(
                "Parsing OData Select and Expand failed: Could not find a property named "
                f"'{name}' on type 'microsoft.graph.user'."
            )
    return names


def project(record: Record, select: tuple[str, ...] | None) -> Record:
    """The record as Graph shows it: only what was selected, or the default set (facts §1)."""
    return {
        name: record[name] if name in record else schema.empty_value(schema.USER[name])
        for name in select or schema.DEFAULT_USER_PROPERTIES
    }


def _top(text: str | None) -> int:
    if text is None:
        return DEFAULT_TOP
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_TOP:
        raise unsupported_query(f"Invalid page size specified: '{text}'. Must be between 1 and {MAX_TOP} inclusive.")
    return int(text)


def parse_options(raw: str, headers: dict[str, str], is_count_segment: bool = False) -> Options:
    """Check a collection's query string. `is_count_segment`: for `/users/$count`."""
    given = odata.parse_query(raw)
    for name in given:
        if name in ("$skip", "$search"):
            # facts §4: $skip is not supported; $search exists in Graph, but no part of the collection uses it.
            raise bad_request(f"'{name}' is not supported by the service.")
        if name.startswith("$") and name not in _KNOWN:
            raise malformed(f"The query parameter '{name}' is not supported.")
    eventual = headers.get("consistencylevel", "").lower() == "eventual"
    if is_count_segment and not eventual:
        # aad-advanced-queries.md "Error handling"; code and text as of 2025 (azurekid/ScEntra issue 13).
        raise unsupported_query(
            "Raw count (/$count) is not supported because the 'ConsistencyLevel:eventual' header is missing. Refer to "
            "https://aka.ms/graph-docs/advanced-queries for more information"
        )
    counted = given.get("$count", "").lower() == "true" or is_count_segment
    advanced = eventual and counted
    order, descending = _order(given.get("$orderby"))
    if order and "$filter" in given and not advanced:
        raise unsupported_query(f"Sorting together with a filter {ADVANCED_HINT}")
    digest = hashlib.sha256(repr([given.get(name) for name in ("$filter", "$orderby")]).encode()).hexdigest()[:16]
    return Options(
        select=parse_select(given.get("$select")),
        filter=UserFilter(given["$filter"], advanced) if "$filter" in given else None,
        top=_top(given.get("$top")),
        # Without the header, $count=true is ignored in silence (aad-advanced-queries.md "Error handling").
        count=advanced,
        order=order,
        descending=descending,
        after=_read_token(given["$skiptoken"], digest) if "$skiptoken" in given else None,
        digest=digest,
        manager=_expanded(given["$expand"], advanced) if "$expand" in given else None,
    )


def _expanded(text: str, advanced: bool) -> tuple[str, ...]:
    """user-list-manager.md "Get the management chain"; aad-advanced-queries.md: no $expand in an advanced query."""
    match = _EXPAND.fullmatch(text.strip())
    if not match:
        raise bad_request(f"'$expand={text}' is not supported by the service.")
    if advanced:
        raise unsupported_query("The query parameter '$expand' is not supported along with '$count'.")
    return parse_select(match.group(1)) or schema.DEFAULT_USER_PROPERTIES


def _order(text: str | None) -> tuple[str | None, bool]:
    if text is None:
        return None, False
    name, _space, direction = text.strip().partition(" ")
    if name not in _SORTABLE or direction.strip().lower() not in ("", "asc", "desc"):
        raise unsupported_query(f"Sorting by '{text}' is not supported by the service.")
    return name, direction.strip().lower() == "desc"


def _read_token(token: str, digest: str) -> list[str]:
    try:
        after, owner = orjson.loads(base64.urlsafe_b64decode(token))
        if owner == digest and isinstance(after, list):
            return after
    except ValueError:
        pass
    raise GraphError(
        400,
        "Directory_ExpiredPageToken",
        "The specified page token value has expired and can no longer be included in your request.",
    )


def _write_token(after: list[str], digest: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([after, digest])).decode()


def _candidates(view: View, options: Options) -> list[str]:
    if options.filter and options.filter.index_pairs is not None and view.is_indexed:
        return view.candidates(options.filter.index_pairs)
    return view.ids()


def _ordered_ids(view: View, ids: list[str], options: Options) -> tuple[list[str], int]:
    """Ids in the order of the answer, and where to start."""
    if not options.order:
        return ids, bisect.bisect_right(ids, options.after[0]) if options.after else 0
    name = options.order
    backwards = options.descending
    keyed = sorted(((str((view.get(key) or {}).get(name) or "").lower(), key) for key in ids), reverse=backwards)
    start = 0
    if options.after:
        mark = (options.after[0], options.after[1])
        later = (at for at, pair in enumerate(keyed) if (pair < mark if backwards else pair > mark))
        start = next(later, len(keyed))
    return [key for _text, key in keyed], start


def count(view: View, options: Options) -> int:
    """How many users the query finds."""
    ids = _candidates(view, options)
    if options.filter is None:
        return len(ids)
    return sum(1 for key in ids if (record := view.get(key)) and options.filter.matches(record))


def page(view: View, options: Options, origin: str, path: str, raw_query: str) -> Reply:
    """One page. `origin`: scheme and host of the nextLink; `path`: of the collection, version included."""
    ids, start = _ordered_ids(view, _candidates(view, options), options)
    found: list[Record] = []
    more = False
    for at in range(start, len(ids)):
        record = view.get(ids[at])
        if record is None or (options.filter and not options.filter.matches(record)):
            continue
        if len(found) == options.top:
            more = True
            break
        found.append(record)
    version, _slash, collection = path.strip("/").partition("/")
    context = "users" if collection == "users" else "directoryObjects/microsoft.graph.user"
    shown = f"({','.join(options.select)})" if options.select else ""
    body: dict[str, Any] = {"@odata.context": f"{origin}/{version}/$metadata#{context}{shown}"}
    if options.count:
        body["@odata.count"] = count(view, options)
    if more:
        last = found[-1]
        after = [str(last.get(options.order) or "").lower(), last["id"]] if options.order else [last["id"]]
        token = _write_token(after, options.digest)
        kept = [pair for pair in raw_query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != "$skiptoken"]
        body["@odata.nextLink"] = f"{origin}{path}?{'&'.join([*kept, '$skiptoken=' + quote(token)])}"
    body["value"] = [{**project(record, options.select), **_manager(view, record, options)} for record in found]
    return Reply(200, body)


def _manager(view: View, record: Record, options: Options) -> Record:
    """The expanded manager; a user without one has no such property."""
    manager = view.get(record.get("lab", {}).get("manager", "")) if options.manager else None
    if manager is None:
        return {}
    return {"manager": {"@odata.type": "#microsoft.graph.user", **project(manager, options.manager)}}
