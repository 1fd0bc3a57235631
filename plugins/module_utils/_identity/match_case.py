# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One AD user's case: what is found for and against it, and the one outcome that this adds up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ansible_collections.hybrid.identity.plugins.module_utils._identity import predictions
from ansible_collections.hybrid.identity.plugins.module_utils._identity.export_names import Exported
from ansible_collections.hybrid.identity.plugins.module_utils._identity.match_blocks import Block
from ansible_collections.hybrid.identity.plugins.module_utils._identity.predictions import Held, Prediction
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant_view import ASPECTS, PERMISSIONS

# What is worse comes first: it is what a person has to deal with.
_WORST_FIRST = (
    predictions.TYPE_MISMATCH,
    predictions.BLOCKED,
    predictions.CONFLICT,
    predictions.INVALID,
    predictions.QUARANTINE,
)


@dataclass(frozen=True)
class Finding:
    """Something that keeps the user from a smooth match."""

    outcome: str
    cause: str
    reason: str


@dataclass
class Case:
    """The case while it is judged. ``base`` is the outcome if nothing speaks against it; ``target`` is whom a sync
    would write, as it is by then, and ``cloud`` the cloud user to show, as it was before the sync."""

    user: Exported
    base: str = predictions.NEW_CLOUD_USER
    action: str = predictions.CREATE
    cause: str | None = None
    reason: str | None = None
    target: Record | None = None
    cloud: Record | None = None
    findings: list[Finding] = field(default_factory=list)
    doubts: set[str] = field(default_factory=set)
    quarantined: list[Held] = field(default_factory=list)
    future_upn: str | None = None

    def add(self, outcome: str, cause: str, reason: str) -> None:
        self.findings.append(Finding(outcome, cause, reason))

    def block(self, blocks: Iterable[Block]) -> bool:
        """Take blocks in, and tell whether the sync itself refuses one of them."""
        taken = list(blocks)
        self.findings += [Finding(predictions.BLOCKED, block.cause, block.reason) for block in taken]
        return any(block.by_sync for block in taken)

    def prediction(self) -> Prediction:
        ordered = sorted(self.findings, key=lambda finding: _WORST_FIRST.index(finding.outcome))
        outcome, cause, reason = self.base, self.cause, self.reason
        causes = tuple(dict.fromkeys(finding.cause for finding in ordered))
        if ordered:
            outcome, cause, reason = ordered[0].outcome, ordered[0].cause, ordered[0].reason
        # An outcome that is not fine stays what it is, whatever else there may be against the user.
        doubts = tuple(aspect for aspect in ASPECTS if aspect in self.doubts) if outcome in predictions.FINE else ()
        expected = None
        if doubts:
            expected, outcome = outcome, predictions.UNKNOWN
            cause = f"unread_{doubts[0]}"
            reason = _unknown_reason(self.user.name, doubts, expected)
        return Prediction(
            record=self.user.record,
            outcome=outcome,
            sync_action=self.action,
            cause=cause,
            reason=reason,
            causes=causes or ((cause,) if cause else ()),
            cloud=self.cloud,
            quarantined=tuple(self.quarantined),
            future_upn=self.future_upn,
            unknown=doubts,
            expected=expected,
        )


_WORDS = {
    predictions.MATCHED: "is matched already",
    predictions.HARD_MATCH: "would be hard-matched",
    predictions.SOFT_MATCH: "would be soft-matched",
    predictions.NEW_CLOUD_USER: "would become a new cloud user",
}


def _unknown_reason(name: str, doubts: Iterable[str], expected: str) -> str:
    missing = "; ".join(f"{aspect.replace('_', ' ')} ({PERMISSIONS[aspect]})" for aspect in doubts)
    return f"{name} {_WORDS[expected]}, unless what could not be read stands against it: {missing}."
