# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which proposed changes of a plan may be made: the only place that says that nothing was changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from .accepted_effects import NOTHING_ACCEPTED, AcceptedEffects
from .limits import read_limit, too_many_changes
from .outcomes import HARD_MATCH, MATCHED
from .refusal import Refusal
from .text.sentences import join_reasons


@dataclass(frozen=True)
class Terms:
    """What the caller allows.

    ``allowed_outcomes``: the predicted outcomes of users who may be written. ``accepted``: effects that would be
    refused otherwise. ``skip_checks``: aspects that refuse nobody if they cannot be read. ``max_changes`` and
    ``max_refused`` are texts as ``limits.read_limit`` takes them; without ``max_changes``, all users may change.
    """

    allowed_outcomes: Collection[str] = (MATCHED, HARD_MATCH)
    accepted: AcceptedEffects = NOTHING_ACCEPTED
    skip_checks: Collection[str] = ()
    max_changes: str | None = None
    max_refused: str = "0"

    def check(self) -> None:
        """Check the limits.

        :raises InputError: if one is malformed.
        """
        if self.max_changes is not None:
            read_limit(self.max_changes)
        read_limit(self.max_refused, "max_refused")


@dataclass(frozen=True, slots=True)
class Write:
    """A value of one object that changes. ``id``: the objectGUID of an AD object, or the object id of a cloud user."""

    attribute: str
    id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one user.

    ``name`` is for sentences. ``status`` says what happens to the user if nothing refuses it. ``also`` counts users who
    are written besides this one. ``outcome`` is the predicted one, ``outcome_reason`` its sentence; None if nothing was
    predicted.
    """

    name: str
    status: str
    writes: tuple[Write, ...] = ()
    also: int = 0
    refusal: Refusal | None = None
    outcome: str | None = None
    outcome_reason: str | None = None


@dataclass(frozen=True)
class Plan:
    """The proposals after the decision: refused ones have a refusal and no writes.

    ``verdict`` is a sentence that says why nothing may be written; empty if the plan may be applied. ``changes`` counts
    the users who would be written.
    """

    users: Sequence[Proposal]
    verdict: str
    changes: int
    refused: int


def decide(proposals: Sequence[Proposal], terms: Terms, where: str) -> Plan:
    """Refuse the users whose outcome is not allowed, and the whole plan if it breaks a limit.

    Limits count users. ``where`` says in messages where people find the plan.
    """
    users = [_decided(proposal, terms) for proposal in proposals]
    changes = sum(1 + user.also for user in users if user.writes)
    refused = [user for user in users if user.refusal]
    verdict = _too_many_refused(refused, len(users), terms, where) or too_many_changes(
        terms.max_changes, changes, len(users), where
    )
    return Plan(users, verdict or "", changes, len(refused))


def _decided(proposal: Proposal, terms: Terms) -> Proposal:
    refusal = proposal.refusal
    if proposal.outcome is not None and proposal.outcome not in terms.allowed_outcomes:
        # The prediction says more than that the user cannot be written.
        reason = proposal.outcome_reason or f"The outcome {proposal.outcome} is not in allowed_outcomes."
        refusal = Refusal(f"predicted_{proposal.outcome}", reason)
    return replace(proposal, refusal=refusal, writes=(), also=0) if refusal else proposal


def _too_many_refused(refused: Sequence[Proposal], scope: int, terms: Terms, where: str) -> str | None:
    limit = read_limit(terms.max_refused, "max_refused")
    if len(refused) <= limit.most(scope):
        return None
    reasons = join_reasons(((user.name, user.refusal.reason) for user in refused if user.refusal), where)
    return (
        f"Nothing was changed: {len(refused)} of {scope} users are refused, and max_refused allows "
        f"{limit.describe(scope)}. {reasons} Correct them, leave them out of the scope, or raise max_refused to write "
        "only the others."
    )
