# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of what happened to each user, for people: counts first, then the users who need attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..outcomes import outcome
from ..records import record_name
from .log_reasons import log_reason
from .sentences import join_names
from .visible import visible


def outcome_lines(rows: Iterable[tuple[str, str, str | None]], limit: int = 100) -> list[str]:
    """Return a line with the count of each status, then a line for each reason why users need attention.

    Each row has the status, the name and the reason of one user. Both parts are in the order in which a person should
    look at them. The second part has at most ``limit`` lines, and one more that says how many users they leave out.
    """
    counts: Counter[str] = Counter()
    waiting: list[tuple[int, str, str, str, str]] = []
    for status, name, reason in rows:
        counts[status] += 1
        found = outcome(status)
        if found.needs_attention:
            waiting.append((found.rank, status, name.casefold(), name, reason or ""))
    lines = [
        f"{found.words:<28}{counts[found.key]:>7}" for found in sorted(map(outcome, counts), key=lambda one: one.rank)
    ]
    alike: dict[tuple[str, str], list[str]] = {}
    for _rank, status, _key, name, reason in sorted(waiting):
        alike.setdefault((status, reason), []).append(name)
    groups = [*alike.items()]
    for (status, reason), names in groups[:limit]:
        lines.append(": ".join(filter(None, (outcome(status).words, join_names(names), reason))))
    more = sum(len(names) for _group, names in groups[limit:])
    if more:
        lines.append(f"... and {more} more")
    return [visible(line) for line in lines]


def users_table(users: Iterable[Mapping[str, Any]], limit: int = 100) -> list[str]:
    """Return the lines for the ``users`` of a module's result, as ``outcome_lines`` does."""
    return outcome_lines(
        ((str(user["status"]), record_name(user), log_reason(user.get("reason"), user.get("cause"))) for user in users),
        limit,
    )
