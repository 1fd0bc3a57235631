# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A check: whether one thing that a run needs is there, what was found, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..core.text.visible import visible

FINE, WRONG, UNKNOWN = "fine", "wrong", "unknown"
STATUSES = (FINE, WRONG, UNKNOWN)

UPN_SUFFIXES, ACCOUNTS, HARD_MATCH, SYNC = "upn_suffixes", "accounts", "hard_match", "sync"
STAGES = (UPN_SUFFIXES, ACCOUNTS, HARD_MATCH, SYNC)
"""The stages whose needs are checked, in the order of a run."""


@dataclass(frozen=True, slots=True)
class Check:
    """``finding`` is one sentence. ``advice`` says what to do; it is empty if the status is FINE."""

    name: str
    status: str
    finding: str
    advice: str = ""

    def record(self) -> dict[str, str]:
        """Return the check as modules return it."""
        return {
            "name": self.name,
            "status": self.status,
            "finding": visible(self.finding),
            "advice": visible(self.advice),
        }


def fine(name: str, finding: str) -> Check:
    return Check(name, FINE, finding)


def wrong(name: str, finding: str, advice: str) -> Check:
    return Check(name, WRONG, finding, advice)


def unknown(name: str, finding: str, advice: str) -> Check:
    return Check(name, UNKNOWN, finding, advice)


def by_error(name: str, message: str, status: str = WRONG) -> Check:
    """Return the check that an error of ours decides.

    Its message says first what is wrong, and after a semicolon or in the next sentences what to do.
    """
    finding, *rest = re.split("[;.] ", message, maxsplit=1)
    if not rest:
        return Check(name, status, message, "Correct the cause that the message names, and run the doctor again.")
    (advice,) = rest
    return Check(name, status, f"{finding}.", f"{advice[:1].upper()}{advice[1:]}")


def not_made(name: str, what: str, because: str) -> Check:
    """Return a check that could not be made, because another one is not fine. ``what`` was to be checked."""
    return unknown(
        name, f"{what}: not checked, because {because} is not fine.", f"First do what the table says about {because}."
    )


def table(checks: Sequence[Check]) -> list[str]:
    """Return the checks for people: a line for each, and below it what to do."""
    width = max((len(check.name) for check in checks), default=0)
    lines = []
    for check in checks:
        lines.append(visible(f"{check.status:<7}  {check.name:<{width}}  {check.finding}"))
        if check.advice:
            lines.append(visible(f"{'':<7}  {'':<{width}}  -> {check.advice}"))
    return lines


def verdict(checks: Iterable[Check]) -> str:
    """Return what is wrong, in one sentence; empty if nothing is."""
    names = list(dict.fromkeys(check.name for check in checks if check.status == WRONG))
    if not names:
        return ""
    return f"Do what the table says about {', '.join(names)}, and run the doctor again. Until then, a run would fail."
