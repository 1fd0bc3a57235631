# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Diffs in the form that Ansible prints, with one item on each line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .counts import amount
from .visible import visible

Diff = dict[str, str]

SHOWN_IN_DIFF = 50
"""Users in a diff whose others are in a file."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value of one user that changes; None if there is none."""

    name: str
    before: str | None
    after: str | None


def list_diff(header: str, before: Sequence[str], after: Sequence[str]) -> Diff:
    """Return the diff of a list of values, each on one line whatever it holds."""
    title = visible(header)
    return {"before_header": title, "after_header": title, "before": _lines(before), "after": _lines(after)}


def describe_more(users: int, where: str) -> list[str]:
    """Return the last line of a diff of so many users, if it does not show all; ``where`` has the others."""
    return [f"and {amount(users - SHOWN_IN_DIFF, 'more user')}: see {where}"] if users > SHOWN_IN_DIFF else []


def users_diff(attribute: str, changes: Iterable[ValueChange]) -> Diff:
    """Return the diff of one attribute over the users who change, sorted by name."""
    ordered = sorted(changes, key=lambda change: change.name.casefold())
    return list_diff(
        attribute,
        [f"{change.name}: {_shown(change.before)}" for change in ordered],
        [f"{change.name}: {_shown(change.after)}" for change in ordered],
    )


def _lines(values: Sequence[str]) -> str:
    return "".join(f"{visible(value)}\n" for value in values)


def _shown(value: str | None) -> str:
    return "(none)" if value is None else value
