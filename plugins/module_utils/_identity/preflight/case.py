# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The case of one AD user: what speaks for and against a match, and the one outcome that follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..core import outcomes
from ..entra import unread
from ..entra.snapshot_user import SnapshotUser
from ..entra.tenant_snapshot import PERMISSIONS
from .blocks import Block
from .exported import Exported
from .predictions import Held, Prediction


@dataclass(frozen=True)
class Finding:
    """Something that prevents a smooth match."""

    outcome: str
    cause: str
    reason: str


@dataclass
class Case:
    """The case while it is judged.

    ``base`` is the outcome if nothing prevents it. ``target`` is the cloud user that a sync would write, as it is at
    that point. ``cloud`` is the cloud user to show, as it was before the sync.
    """

    user: Exported
    base: str = outcomes.NEW_CLOUD_USER
    action: str = outcomes.CREATE
    cause: str | None = None
    reason: str | None = None
    target: SnapshotUser | None = None
    cloud: SnapshotUser | None = None
    findings: list[Finding] = field(default_factory=list)
    doubts: set[str] = field(default_factory=set)
    quarantined: list[Held] = field(default_factory=list)
    future_upn: str | None = None

    def add(self, outcome: str, cause: str, reason: str) -> None:
        self.findings.append(Finding(outcome, cause, reason))

    def block(self, blocks: Iterable[Block]) -> bool:
        """Add blocks, and return whether the sync itself refuses because of one of them."""
        taken = list(blocks)
        self.findings += [Finding(outcomes.BLOCKED, block.cause, block.reason) for block in taken]
        return any(block.by_sync for block in taken)

    def prediction(self) -> Prediction:
        ordered = sorted(self.findings, key=lambda finding: outcomes.WORST_FIRST.index(finding.outcome))
        outcome, cause, reason = self.base, self.cause, self.reason
        causes = tuple(dict.fromkeys(finding.cause for finding in ordered))
        if ordered:
            outcome, cause, reason = ordered[0].outcome, ordered[0].cause, ordered[0].reason
        # Aspects that could not be read do not change an outcome that needs attention anyway.
        doubts = self.doubts if outcome in outcomes.FINE else set()
        unknown = unread.that(unread.UNKNOWN, doubts)
        expected = None
        if unknown:
            expected, outcome, cause = outcome, outcomes.UNKNOWN, f"unread_{unknown[0]}"
            reason = _unknown_reason(self.user.name, unknown, expected)
        refusal = unread.refusal(doubts)
        if refusal:
            expected, outcome = expected or outcome, outcomes.BLOCKED
            cause, reason = refusal.cause, refusal.reason
        return Prediction(
            ad=self.user.ad,
            outcome=outcome,
            sync_action=self.action,
            cause=cause,
            reason=reason,
            causes=causes or ((cause,) if cause else ()),
            cloud=self.cloud.user if self.cloud else None,
            quarantined=tuple(self.quarantined),
            future_upn=self.future_upn,
            unknown=(*unread.that(unread.REFUSED, doubts), *unknown),
            caveats=unread.that(unread.CAVEAT, doubts),
            expected=expected,
        )


def _unknown_reason(name: str, doubts: Iterable[str], expected: str) -> str:
    missing = "; ".join(f"{aspect.replace('_', ' ')} ({PERMISSIONS[aspect]})" for aspect in doubts)
    return (
        f"The outcome for {name} would be {outcomes.outcome(expected).words!r}, but something that could not be read "
        f"might prevent it. Grant the app the permission to read it: {missing}."
    )
