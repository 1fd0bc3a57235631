# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stages of the chain did, in a line each, from the events of lab.playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..playbook import Event
from ..steps import Steps

NAMES = {
    "ad_domain": "domain",
    "upn_suffixes": "UPN suffixes",
    "accounts": "accounts",
    "hard_match": "hard match",
    "sync": "sync",
    "check": "check",
}
ACCOUNT_WORDS = {
    "created": "created",
    "updated": "changed",
    "unchanged": "already there",
    "refused": "refused",
    "failed": "failed",
}
MATCH_WORDS = {
    "set": "matched",
    "unchanged": "already matched",
    "not_found": "not in Entra ID",
    "refused": "refused",
    "failed": "failed",
}
PROOF_WORDS = {
    "verified": "verified in Entra ID",
    "pending": "not seen yet",
    "skipped": "not hard-matched",
}


class Chain:
    """Follows a run of the chain and writes a line for each stage. A task without a stage is part of `stage`."""

    def __init__(self, steps: Steps, stage: str = "") -> None:
        self._steps = steps
        self._fixed = stage
        self._stage = ""
        self._seen: dict[str, list[Event]] = {}

    def take(self, event: Event) -> None:
        """Take the next event of the playbook."""
        stage = event["stage"] or self._fixed
        # A stage that is over may have something to put back later; that belongs to whatever runs then.
        if stage and stage not in self._seen:
            self.close()
            self._stage = stage
            self._seen[stage] = []
            self._steps.begin(NAMES[stage])
        if self._stage:
            self._seen[self._stage].append(event)
        if event["event"] == "end":
            self.close()

    def close(self) -> None:
        """Say what came of the stage that runs."""
        if self._stage:
            self._steps.end(outcome(self._stage, self._seen[self._stage]))
        self._stage = ""


def outcome(stage: str, events: Sequence[Event]) -> str:
    """What a stage did, for the end of its line."""
    if any(event["event"] == "failed" for event in events):
        return "failed"
    match stage:
        case "ad_domain":
            return "created or changed" if _changed(events) else "already there"
        case "upn_suffixes":
            result = _last(events, "ad_upn_suffix")
            return f"{len(result['added'])} added" if result.get("added") else "already there"
        case "accounts":
            return _counts(_last(events, "ad_user"), ACCOUNT_WORDS)
        case "hard_match":
            return _counts(_last(events, "match_apply"), MATCH_WORDS)
        case _:
            proof = _counts(_last(events, "entra_sync_info"), PROOF_WORDS)
            if stage == "check":
                return proof
            cycle = _last(events, "adsync_cycle").get("msg", "No cycle was needed.")
            return f"{proof}. {cycle}"


def _changed(events: Sequence[Event]) -> bool:
    return any(event.get("changed") for event in events if event["event"] == "result")


def _last(events: Sequence[Event], module: str) -> Mapping[str, Any]:
    """What the module returned when it ran last in the stage; empty if it did not run."""
    found = [event for event in events if event.get("action") == f"hybrid.identity.{module}"]
    return found[-1] if found else {}


def _counts(result: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """The numbers of users by status without the zeros, in the order of the module."""
    summary = {status: count for status, count in result.get("summary", {}).items() if status != "total"}
    return (
        ", ".join(
            f"{count} {words.get(status, status.replace('_', ' '))}" for status, count in summary.items() if count
        )
        or "nobody"
    )
