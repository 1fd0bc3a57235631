# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Diffs in the form that Ansible prints, with one item on each line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..records import Record, record_name
from .visible import visible

Diff = dict[str, str]


def list_diff(header: str, before: Sequence[str], after: Sequence[str]) -> Diff:
    """Return the diff of a list of values, each on one line whatever it holds."""
    title = visible(header)
    return {"before_header": title, "after_header": title, "before": _lines(before), "after": _lines(after)}


def users_diff(attribute: str, users: Iterable[Record]) -> Diff:
    """Return the diff of one attribute over a module's ``users``: only the changed ones, sorted by name."""
    changed = sorted((user for user in users if user["changed"]), key=lambda user: record_name(user).casefold())
    return list_diff(
        attribute,
        [f"{record_name(user)}: {_shown(user['before'])}" for user in changed],
        [f"{record_name(user)}: {_shown(user['after'])}" for user in changed],
    )


def _lines(values: Sequence[str]) -> str:
    return "".join(f"{visible(value)}\n" for value in values)


def _shown(value: str | None) -> str:
    return "(none)" if value is None else value
