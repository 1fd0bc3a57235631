# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which proposed changes of a plan may be made: the only place that says that nothing was changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from .accepted_effects import EFFECTS, NOTHING_ACCEPTED, AcceptedEffects, Effect
from .limits import read_limit, too_many_changes
from .outcomes import ALREADY_DONE, CHANGED_SINCE_REVIEW, HARD_MATCH, MATCHED, NOT_REVIEWED, REFUSED
from .refusal import Refusal
from .review.changes import Held, Review, ReviewedUser, Upns, Write
from .text.counts import amount, plural
from .text.log_reasons import log_reason
from .text.sentences import join_reasons

REVIEWED = (NOT_REVIEWED, CHANGED_SINCE_REVIEW, ALREADY_DONE)
"""The statuses that come from a comparison with a reviewed plan."""


@dataclass(frozen=True)
class Terms:
    """What the caller allows.

    ``allowed_outcomes``: the predicted outcomes of users who may be written. ``accepted``: effects that would be
    refused otherwise. ``skip_checks``: aspects that refuse nobody if they cannot be read. ``max_changes`` and
    ``max_refused`` are texts as ``limits.read_limit`` takes them; without ``max_changes``, all users may change.
    ``review``: the reviewed plan, without which everything may change that the other terms allow. ``only_reviewed``:
    nothing may change without one.
    """

    allowed_outcomes: Collection[str] = (MATCHED, HARD_MATCH)
    accepted: AcceptedEffects = NOTHING_ACCEPTED
    skip_checks: Collection[str] = ()
    max_changes: str | None = None
    max_refused: str = "0"
    review: Review | None = None
    only_reviewed: bool = False

    def check(self) -> None:
        """Check the limits.

        :raises InputError: if one is malformed.
        """
        if self.max_changes is not None:
            read_limit(self.max_changes)
        read_limit(self.max_refused, "max_refused")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one user.

    ``name`` is for sentences. ``status`` says what happens to the user if nothing prevents it. ``also`` counts
    users who are written besides this one. ``refusal``: why the user is not written; after the decision also why the
    user is left out. ``outcome`` is the predicted one, with its cause and its sentence; None if nothing was predicted.
    ``effects`` are those of the match or of the account. ``key`` is by what a reviewed plan knows the user, and
    ``cloud_id`` names the cloud user. ``held`` has the values that the objects have now; it is needed only to compare
    users without writes with a reviewed plan.
    ``proposed``: the writes of a user who was refused only because of effects, or whom the review left out. ``upns``
    are the user principal names of the two objects. ``shown``: the values of the effects, to compare them with those of
    a reviewed plan.
    """

    name: str
    status: str
    writes: tuple[Write, ...] = ()
    also: int = 0
    refusal: Refusal | None = None
    outcome: str | None = None
    outcome_cause: str | None = None
    outcome_reason: str | None = None
    effects: tuple[Effect, ...] = ()
    key: str | None = None
    cloud_id: str | None = None
    held: tuple[Held, ...] = ()
    proposed: tuple[Write, ...] = ()
    upns: Upns = (None, None)
    shown: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """The proposals after the decision: those that are not written have a refusal and no writes.

    ``verdict`` is a sentence that says why nothing may be written; empty if the plan may be applied. ``changes`` counts
    the users who would be written. ``is_reviewable``: whether a verdict, if there is one, rests only on what a review
    settles, such as effects. ``missing``: the names of users whom the reviewed plan changes and who are not in this
    one.
    """

    users: Sequence[Proposal]
    verdict: str
    changes: int
    refused: int
    is_reviewable: bool = True
    missing: Sequence[str] = ()

    def count_reviewed(self) -> dict[str, int]:
        """Return how many users have each of REVIEWED. Those who are missing changed since the review."""
        counts = Counter(user.status for user in self.users)
        counts[CHANGED_SINCE_REVIEW] += len(self.missing)
        return {status: counts[status] for status in REVIEWED}


def decide(proposals: Sequence[Proposal], terms: Terms, where: str) -> Plan:
    """Refuse who may not be written, leave out what was not reviewed, and refuse the whole plan if it breaks a limit.

    Limits count users, and ``max_changes`` only those who remain. ``where`` says in messages where people find the
    plan.
    """
    users = [_decided(proposal, terms) for proposal in proposals]
    changes = sum(1 + user.also for user in users if user.writes)
    refused = [user for user in users if user.status == REFUSED]
    beyond_effects = [user for user in refused if user.refusal and user.refusal.cause not in EFFECTS]
    too_many = too_many_changes(terms.max_changes, changes, len(users), where)
    return Plan(
        users=users,
        verdict=_too_many_refused(refused, len(users), terms, where) or too_many or _unreviewed(changes, terms) or "",
        changes=changes,
        refused=len(refused),
        is_reviewable=not (_too_many_refused(beyond_effects, len(users), terms, where) or too_many),
        missing=_list_missing(users, terms.review),
    )


def _decided(proposal: Proposal, terms: Terms) -> Proposal:
    refusal = _refuse_outcome(proposal, terms) or proposal.refusal
    if refusal:
        return replace(proposal, status=REFUSED, refusal=refusal, writes=(), also=0)
    review = terms.review if terms.review and not _was_made(proposal, terms.review) else None
    reviewed = review.users.get(proposal.key or "") if review else None
    if review and proposal.writes:
        return _compared(proposal, reviewed)
    # Nothing is to be written, or nothing was reviewed.
    if not (reviewed and reviewed.accepts(proposal.cloud_id, _keys(proposal), proposal.shown)):
        refusal = terms.accepted.refuse(proposal.effects)
        if refusal:
            return _without_writes(proposal, REFUSED, refusal)
    return _settled(proposal, reviewed) if reviewed and reviewed.writes else proposal


def _was_made(proposal: Proposal, review: Review) -> bool:
    """Return whether this run made the AD user's account for this cloud user, as another review approved."""
    made = review.made.get(proposal.key or "")
    return made is not None and made == proposal.cloud_id


def _compared(proposal: Proposal, reviewed: ReviewedUser | None) -> Proposal:
    """Return a user who would be written, without writes unless the reviewed plan shows all of them."""
    if reviewed is None or not reviewed.writes:
        reason = (
            f"The reviewed plan does not change {proposal.name}, so this run does not change the user. To change the "
            "user, make a new plan and have it reviewed."
        )
        return _without_writes(proposal, NOT_REVIEWED, Refusal(NOT_REVIEWED, reason))
    different = reviewed.list_differences(
        proposal.cloud_id, proposal.outcome, _keys(proposal), proposal.writes, proposal.upns, proposal.shown
    )
    if not different:
        return proposal
    reason = (
        f"{proposal.name} differs from the reviewed plan now ({', '.join(different)}), so the user is not changed. "
        "Make a new plan and have it reviewed."
    )
    return _without_writes(proposal, CHANGED_SINCE_REVIEW, Refusal(CHANGED_SINCE_REVIEW, reason))


def _settled(proposal: Proposal, reviewed: ReviewedUser) -> Proposal:
    """Return a user for whom nothing is left of what was reviewed."""
    if reviewed.cloud_id == proposal.cloud_id and reviewed.is_in_effect(proposal.held):
        return replace(proposal, status=ALREADY_DONE)
    reason = (
        f"The reviewed plan changes {proposal.name}. Now there is nothing to change, but the values are not those of "
        "the reviewed plan. Make a new plan and have it reviewed."
    )
    return _without_writes(proposal, CHANGED_SINCE_REVIEW, Refusal(CHANGED_SINCE_REVIEW, reason))


def _without_writes(proposal: Proposal, status: str, refusal: Refusal) -> Proposal:
    return replace(proposal, status=status, refusal=refusal, writes=(), also=0, proposed=proposal.writes)


def _refuse_outcome(proposal: Proposal, terms: Terms) -> Refusal | None:
    if proposal.outcome is None or proposal.outcome in terms.allowed_outcomes:
        return None
    # The prediction says more than that the user cannot be written.
    reason = proposal.outcome_reason or (
        f"The outcome {proposal.outcome} is not in allowed_outcomes. Correct the cause, or add the outcome to "
        "allowed_outcomes."
    )
    return Refusal(f"predicted_{proposal.outcome}", reason)


def _log_reason(proposal: Proposal, refusal: Refusal) -> str:
    is_predicted = refusal.cause == f"predicted_{proposal.outcome}"
    return str(log_reason(refusal.reason, proposal.outcome_cause if is_predicted else refusal.cause))


def _keys(proposal: Proposal) -> list[str]:
    return [effect.key for effect in proposal.effects]


def _list_missing(users: Sequence[Proposal], review: Review | None) -> tuple[str, ...]:
    if review is None:
        return ()
    known = {user.key for user in users}
    return tuple(user.name for key, user in review.users.items() if user.writes and key not in known)


def _unreviewed(changes: int, terms: Terms) -> str | None:
    if not changes or not terms.only_reviewed or terms.review:
        return None
    return (
        "Nothing was changed: with match_by: primary_smtp, a run writes only reviewed changes, because equal mail "
        "addresses do not prove that an AD account and a cloud user belong to the same person. Have this plan "
        "reviewed, then use it in a run as the reviewed plan."
    )


def _too_many_refused(refused: Sequence[Proposal], scope: int, terms: Terms, where: str) -> str | None:
    limit = read_limit(terms.max_refused, "max_refused")
    if len(refused) <= limit.most(scope):
        return None
    reasons = join_reasons(((user.name, _log_reason(user, user.refusal)) for user in refused if user.refusal), where)
    return (
        f"Nothing was changed: {len(refused):,} of {amount(scope, 'user')} {plural(len(refused), 'is', 'are')} "
        f"refused, and max_refused allows {limit.describe(scope)}. {reasons} Correct these users, remove them from the "
        "scope, or raise max_refused to write only the others."
    )
