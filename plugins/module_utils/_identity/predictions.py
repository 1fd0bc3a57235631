# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sync would do with one AD user: the words for it, and the form in which modules return it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.hybrid.identity.plugins.module_utils._identity.counts import counted
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record

MATCHED, HARD_MATCH, SOFT_MATCH, NEW_CLOUD_USER = "matched", "hard_match", "soft_match", "new_cloud_user"
CONFLICT, TYPE_MISMATCH, BLOCKED = "conflict", "type_mismatch", "blocked"
QUARANTINE, INVALID, UNKNOWN = "quarantine", "invalid", "unknown"
OUTCOMES = (
    MATCHED,
    HARD_MATCH,
    SOFT_MATCH,
    NEW_CLOUD_USER,
    CONFLICT,
    TYPE_MISMATCH,
    BLOCKED,
    QUARANTINE,
    INVALID,
    UNKNOWN,
)
FINE = (MATCHED, HARD_MATCH, SOFT_MATCH, NEW_CLOUD_USER)
"""Outcomes that nobody has to deal with, unless they are not what was meant."""

UPDATE, CREATE, LEAVE, ERROR = "update", "create", "leave", "error"
SYNC_ACTIONS = (UPDATE, HARD_MATCH, SOFT_MATCH, CREATE, LEAVE, ERROR)


@dataclass(frozen=True)
class Held:
    """A UPN or an address of the AD user that another object has, so that Entra puts it into quarantine (facts §3).

    ``attribute`` is ``user_principal_name`` or ``proxy_addresses``; ``holder`` names the other object.
    """

    attribute: str
    value: str
    holder: str


@dataclass(frozen=True)
class Prediction:
    """One AD user.

    ``outcome`` is the judgement for people, one of OUTCOMES; ``sync_action`` is what the sync cycle itself would do
    with the object, one of SYNC_ACTIONS (None: not known, or the AD account must not be synchronised at all). They
    differ where a sync would do something that nobody wants: a conflict makes a second, quarantined user
    (``create``), a deleted holder of the anchor would be restored (``hard_match``).
    ``cloud``: the cloud user concerned. ``causes``: every cause, the first one is ``cause``. ``quarantined``: values
    that would end in quarantine, whatever the outcome. ``future_upn``: what the cloud user's UPN would be, None where
    there would be none or it is not known.
    ``unknown``: the aspects on which an outcome ``unknown`` hangs; ``expected`` is then the outcome if nothing of them
    stands in the way. ``anchor_owner``: whose GUID the cloud user's other ImmutableId is, for a conflict:
    ``{"kind": "user|contact|group|computer|nobody|...", "name": ...}``, None where AD was not asked.
    ``overwrites``: ``{"attribute", "cloud", "ad", "effect": "overwritten|at_risk|disabled|password"}``.
    """

    record: Record
    outcome: str
    sync_action: str | None
    cause: str | None = None
    reason: str | None = None
    causes: tuple[str, ...] = ()
    cloud: Record | None = None
    quarantined: tuple[Held, ...] = ()
    future_upn: str | None = None
    unknown: tuple[str, ...] = ()
    expected: str | None = None
    anchor_owner: Record | None = None
    overwrites: tuple[Record, ...] = ()

    def result(self) -> Record:
        """The user as the module returns it: the AD record with what a sync would do.

        ``attributes`` stay behind: ``overwrites`` has what they say, and they are half of what tasks hand on.
        """
        cloud = self.cloud or {}
        return {
            **{name: value for name, value in self.record.items() if name != "attributes"},
            "id": cloud.get("id"),
            "cloud_user_principal_name": cloud.get("user_principal_name"),
            "cloud_immutable_id": cloud.get("immutable_id"),
            "outcome": self.outcome,
            "status": self.outcome,
            "changed": False,
            "cause": self.cause,
            "causes": list(self.causes),
            "reason": self.reason,
            "sync_action": self.sync_action,
            "quarantined": [
                {"attribute": held.attribute, "value": held.value, "holder": held.holder} for held in self.quarantined
            ],
            "future_user_principal_name": self.future_upn,
            "unknown": list(self.unknown),
            "expected": self.expected,
            "anchor_owner": self.anchor_owner,
            "overwrites": list(self.overwrites),
        }


def summary(predictions: Sequence[Prediction], cloud_only: int = 0) -> dict[str, int]:
    """Counts by outcome, zeros included, ``cloud_only`` and ``total`` (of AD users)."""
    return {**counted((prediction.outcome for prediction in predictions), OUTCOMES), "cloud_only": cloud_only}
