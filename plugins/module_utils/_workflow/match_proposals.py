# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan proposes for each user, before it is decided: pure."""

from __future__ import annotations

from .._identity.core.accepted_effects import Effect
from .._identity.core.decision import Proposal
from .._identity.core.outcomes import UNCHANGED
from .._identity.core.review.changes import upns_of
from .._identity.core.review.shown_values import list_shown_values
from .._identity.preflight.next_sync import RunUsers
from .._identity.preflight.predictions import Prediction
from .match_changes import MatchChange
from .match_records import list_held, list_writes, status_of
from .partners import CAUSES


def propose(
    change: MatchChange,
    prediction: Prediction | None,
    may_write: bool,
    compares: bool,
    before: RunUsers,
) -> Proposal:
    """Return the proposal for one user.

    ``may_write``: whether the plan changes anything. ``compares``: whether there is a reviewed plan. ``before``: the
    users of the run before a cycle.
    """
    target, refusal = change.immutable_id.target, change.refusal
    # If the user is matched with nobody, what a sync does with the user does not say why the user is not written.
    outcome = None if may_write and refusal and refusal.cause in CAUSES else prediction
    return Proposal(
        name=change.name,
        status=status_of(change) if may_write else UNCHANGED,
        writes=list_writes(change) if may_write else (),
        also=max(0, len(change.immutable_id.touched) - 1),
        # If nothing is to be written, only the outcome counts.
        refusal=refusal if may_write else None,
        outcome=outcome.outcome if outcome else None,
        outcome_cause=outcome.cause if outcome else None,
        outcome_reason=outcome.reason if outcome else None,
        effects=_list_new_effects(prediction, before, change.guid) if prediction else (),
        key=change.guid,
        cloud_id=target.id if target else None,
        held=list_held(change) if compares and not change.writes else (),
        upns=upns_of(change.ad.user_principal_name, target.user_principal_name if target else None)
        if compares
        else (None, None),
        shown=list_shown_values(prediction.record()) if compares and prediction and prediction.effects else frozenset(),
    )


def _list_new_effects(prediction: Prediction, before: RunUsers, guid: str | None) -> tuple[Effect, ...]:
    """Return the effects that the run before a cycle did not accept."""
    accepted = before.accepted(guid, prediction.record()) if prediction.effects and before.users else ()
    return tuple(effect for effect in prediction.effects if effect.key not in accepted)
