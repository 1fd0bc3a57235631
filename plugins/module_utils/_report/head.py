# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first lines of a report: where and how its plan or its result was made, and whom it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._identity.core.run_files.run_file import Header
from .._identity.core.text.counts import amount
from .._identity.core.text.sentences import join_names
from .rows import shown

_EXCLUDED = {"users": "user", "groups": "group", "organizational_units": "organizational unit"}

_EXCHANGE = {
    True: "yes, so after the next sync email addresses can be edited only in Active Directory",
    False: "no, so Active Directory cannot show who has a mailbox on premises",
    None: "unknown, because the schema was not read",
}


def describe_head(header: Header) -> tuple[tuple[str, str], ...]:
    """Return the label and the value of each line, all of it visible text.

    :raises AttributeError, TypeError: if the header has values of other types than a run writes.
    """
    names = header["facts"].get("names") or {}
    origin = header["origin"]
    lines = (
        ("Tenant", _place(header["tenant"], names.get("tenant"))),
        ("Domain", _place(header["domain"], names.get("domain"))),
        ("App (client id)", shown(origin["app"]) or "unknown, because the task signed in without a client id"),
        ("Run", f"{shown(header['run'])} of {shown(header['host'])}"),
        ("Time", shown(header["time"]).replace("T", " ").replace("Z", " UTC")),
        ("Collection", f"hybrid.identity {shown(origin['version'])}"),
        ("Scope", _scope(header["scope"])),
        ("Exchange in AD", _EXCHANGE.get(header["facts"].get("has_exchange"), "")),
        ("Excluded", _excluded(header["terms"].get("exclude") or {})),
    )
    return tuple((label, value) for label, value in lines if value)


def _place(key: str | None, name: object) -> str:
    """Return an id, with the name in front of it if it is known."""
    if not key:
        return ""
    return f"{shown(name)} ({shown(key)})" if name else shown(key)


def _scope(scope: Mapping[str, Any]) -> str:
    users = scope.get("users")
    if users:
        return f"{amount(len(users), 'named user')}: {join_names([*map(shown, users)])}"
    if scope.get("group"):
        return f"the members of the group {shown(scope['group'])}"
    if scope.get("filtering") is not None:
        return "the users whom the Entra Connect server synchronises"
    if scope.get("all"):
        return "all users of the domain"
    suffixes, base, condition = (scope.get(key) for key in ("upn_suffixes", "search_base", "search_filter"))
    parts = (
        f"whose user principal names end in {' or '.join(map(shown, suffixes))}" if suffixes else "",
        f"in {shown(base)}" if base else "",
        f"who meet the filter {shown(condition)}" if condition else "",
    )
    return f"the users {', '.join(filter(None, parts))}" if any(parts) else ""


def _excluded(exclude: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{amount(len(entries), noun)}: {join_names([*map(shown, entries)])}"
        for key, noun in _EXCLUDED.items()
        if (entries := exclude.get(key))
    )
