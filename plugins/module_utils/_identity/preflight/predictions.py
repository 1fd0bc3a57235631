# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The prediction for one AD user, and the form in which modules return it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.accepted_effects import Effect
from ..core.attribute_map import Overwrite
from ..core.cloud_user import CloudUser
from ..core.outcomes import OUTCOMES
from ..core.records import AdUser
from ..core.run_files.user_records import MatchRecord
from ..core.text.counts import counted


@dataclass(frozen=True, slots=True)
class Held:
    """A UPN or an address of the AD user that another object has, so that Entra puts it into quarantine (facts §3).

    ``attribute`` is ``user_principal_name`` or ``proxy_addresses``; ``holder`` names the other object.
    """

    attribute: str
    value: str
    holder: str


@dataclass(frozen=True, slots=True)
class AnchorOwner:
    """The AD object whose GUID an ImmutableId is.

    ``kind`` is a word such as ``user`` or ``contact``, or ``nobody``. ``name`` is for people, None for nobody.
    """

    kind: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a sync would do with one AD user.

    ``outcome`` is the judgement for people, one of OUTCOMES. ``sync_action`` is what the sync cycle itself would do,
    one of SYNC_ACTIONS (None: unknown, or the AD account must not be synchronised). They differ if the sync would do
    something unwanted: for a conflict, it makes a second, quarantined user (``create``); if a deleted holder has the
    anchor, it restores that user (``hard_match``).
    ``cloud``: the cloud user concerned. ``causes``: all causes, ``cause`` first. ``quarantined``: values that would be
    quarantined, whatever the outcome. ``future_upn``: the UPN that the cloud user would get, None if there is none or
    if it is unknown.
    ``unknown``: the unread aspects because of which ``outcome`` is ``unknown``, or ``blocked`` because it is unknown
    who is an administrator; ``expected`` is the outcome if none of them prevents it. ``caveats``: the unread aspects
    that could prevent the match and do not change its outcome.
    ``anchor_owner``: for a conflict, the object whose GUID the cloud user's ImmutableId is, None if it is not known.
    ``overwrites``: besides the effects of ``Overwrite``, they may have ``password`` or ``password_unknown``.
    ``effects``: accepted or not. They do not change the outcome.
    """

    ad: AdUser
    outcome: str
    sync_action: str | None
    cause: str | None = None
    reason: str | None = None
    causes: tuple[str, ...] = ()
    cloud: CloudUser | None = None
    quarantined: tuple[Held, ...] = ()
    future_upn: str | None = None
    unknown: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    expected: str | None = None
    anchor_owner: AnchorOwner | None = None
    overwrites: tuple[Overwrite, ...] = ()
    effects: tuple[Effect, ...] = ()

    def record(self) -> MatchRecord:
        """Return the prediction as files have it."""
        owner = self.anchor_owner
        return {
            "outcome": self.outcome,
            "sync_action": self.sync_action,
            "cause": self.cause,
            "causes": list(self.causes),
            "reason": self.reason,
            "effects": [effect.key for effect in self.effects],
            "overwrites": [
                {"attribute": each.attribute, "cloud": each.cloud, "ad": each.ad, "effect": each.effect}
                for each in self.overwrites
            ],
            "quarantined": [
                {"attribute": held.attribute, "value": held.value, "holder": held.holder} for held in self.quarantined
            ],
            "future_user_principal_name": self.future_upn,
            "anchor_owner": {"kind": owner.kind, "name": owner.name} if owner else None,
            "unknown": list(self.unknown),
            "expected": self.expected,
        }


def summarize(predictions: Sequence[Prediction], cloud_only: int = 0) -> dict[str, int]:
    """Return the counts by outcome, with zeros, ``total`` (of AD users) and ``cloud_only``."""
    return {**counted((prediction.outcome for prediction in predictions), OUTCOMES), "cloud_only": cloud_only}
