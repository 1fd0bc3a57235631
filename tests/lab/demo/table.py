# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table at the end of the demo: how many users had which outcome in both runs, and who was left alone and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .stages import ACCOUNT_WORDS, MATCH_WORDS, PROOF_WORDS

User = Mapping[str, Any]
WIDTH = 56


@dataclass(frozen=True)
class Run:
    """What a run of the chain wrote to its result files, and the names of the tasks that changed something."""

    accounts: Sequence[User]
    users: Sequence[User]
    proof: Sequence[User]
    changed: Sequence[str]


def table(first: Run, second: Run, before: Sequence[User], domains: Sequence[str]) -> list[str]:
    """The lines of the table.

    `before` are the tenant's users before the first run, and `domains` those whose users get accounts.
    """
    lines = [f"{'':<{WIDTH}}{'first run':>12}{'second run':>12}"]
    for title, words, users in (
        ("Accounts for cloud users that are not synchronised yet", ACCOUNT_WORDS, (first.accounts, second.accounts)),
        ("Hard match of the accounts", MATCH_WORDS, (first.users, second.users)),
        ("Check in Entra ID after the sync", PROOF_WORDS, (first.proof, second.proof)),
    ):
        lines += ["", title, *_rows(users, words)]
    lines += _section("Cloud users without an account", _without_account(first, before, domains))
    lines += _section("Accounts that are not matched", _not_matched(second))
    lines += _section("Matched accounts that Entra ID does not show yet", _not_verified(second))
    return lines


def _rows(users: tuple[Sequence[User], Sequence[User]], words: Mapping[str, str]) -> list[str]:
    first, second = (Counter(user["status"] for user in run) for run in users)
    statuses = [status for status in words if first[status] or second[status]]
    statuses += sorted({*first, *second} - words.keys())
    return [
        f"  {words.get(status, status.replace('_', ' ')):<{WIDTH - 2}}{first[status]:>12}{second[status]:>12}"
        for status in statuses
    ]


def _section(title: str, users: Iterable[tuple[str, str]]) -> list[str]:
    lines = [f"  {_sentence(name, reason)}" for name, reason in sorted(users)]
    return ["", f"{title} ({len(lines)})", *lines] if lines else []


def _sentence(name: str, reason: str) -> str:
    """The reason, which may name the user itself."""
    return reason if reason.startswith(f"{name} ") else f"{name}: {reason}"


def _without_account(run: Run, before: Sequence[User], domains: Sequence[str]) -> Iterable[tuple[str, str]]:
    asked = {_name(user).lower() for user in run.accounts}
    for user in before:
        if user["userPrincipalName"].lower() not in asked:
            yield user["userPrincipalName"], _why_not_asked(user, domains)
    for user in run.accounts:
        if user["status"] in ("refused", "failed", "left_out", "excluded"):
            yield _name(user), str(user["reason"])


def _not_matched(run: Run) -> Iterable[tuple[str, str]]:
    return ((_name(user), str(user["reason"])) for user in run.users if user["status"] not in ("set", "unchanged"))


def _not_verified(run: Run) -> Iterable[tuple[str, str]]:
    return ((_name(user), str(user["reason"])) for user in run.proof if user["status"] not in ("verified", "skipped"))


def _why_not_asked(user: User, domains: Sequence[str]) -> str:
    """Why the chain does not choose a user of the tenant, by the defaults of the role accounts."""
    if "deletedDateTime" in user:
        return "deleted, and still in the recycle bin"
    if user.get("userType") == "Guest":
        return "a guest"
    if user.get("onPremisesSyncEnabled") is not None:
        return "synchronised already" if user["onPremisesSyncEnabled"] else "synchronised in the past"
    return f"in none of the domains {', '.join(domains)}"


def _name(user: User) -> str:
    return str(user.get("user_principal_name") or user.get("distinguished_name") or user.get("identity"))
