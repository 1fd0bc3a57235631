# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a preflight, as the module and the filter return it: users, cloud_only, summary, caveats, unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..core.records import record_name
from ..core.text.sentences import join_reasons
from ..entra import tenant_snapshot, unread
from ..entra.tenant_snapshot import HASH_SYNC_SWITCH, PERMISSIONS, SWITCHES, TenantSnapshot
from .overwrites import UNKNOWN as PASSWORD_UNKNOWN
from .predict import cloud_only
from .predictions import Prediction, summarize

# The values that a tenant has unless an administrator changed them (facts §2).
_USUAL_SWITCHES = {
    tenant_snapshot.HARD_SWITCH: False,
    tenant_snapshot.SOFT_SWITCH: False,
    tenant_snapshot.UPN_SWITCH: True,
}

_HASH_SYNC = (
    "It is not known whether password hash sync is on, which would replace the cloud passwords of these users by those "
    f"of their AD accounts; say {HASH_SYNC_SWITCH} in tenant_switches, or grant the app {PERMISSIONS[SWITCHES]}."
)


def skip_checks(snapshot: TenantSnapshot, aspects: Collection[str]) -> TenantSnapshot:
    """Return the snapshot for a caller who skips checks: what they need counts as usual if it could not be read."""
    switches = dict(snapshot.switches)
    if tenant_snapshot.SWITCHES in aspects:
        switches = {**_USUAL_SWITCHES, **switches}
    return replace(snapshot, unknown=snapshot.unknown - frozenset(aspects), switches=switches)


def list_unread(snapshot: TenantSnapshot, found: Sequence[Prediction]) -> set[str]:
    """Return the aspects that could not be read for the snapshot, or that are unknown for one of the users."""
    aspects = set(snapshot.unknown)
    if set(_USUAL_SWITCHES) <= set(snapshot.switches):
        aspects.discard(tenant_snapshot.SWITCHES)  # the caller gave their values
    return aspects | {aspect for each in found for aspect in (*each.unknown, *each.caveats)}


def build_result(
    found: Sequence[Prediction],
    snapshot: TenantSnapshot,
    unknown: Iterable[str],
    skipped: Collection[str] = (),
    allowed: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return ``users, cloud_only, summary, caveats, unknown: [{"what", "permission", "effect", "skipped"}]``.

    ``skipped`` are the checks that the caller skips. If ``allowed`` outcomes are given, each user says whether its
    outcome is one of them.
    """
    users = [prediction.result() for prediction in found]
    if allowed is not None:
        users = [{**user, "allowed": user["outcome"] in allowed} for user in users]
    rest = cloud_only(found, snapshot)
    missing = set(unknown)
    return {
        "users": users,
        "cloud_only": rest,
        "summary": summarize(found, len(rest)),
        "caveats": _caveats(found, snapshot, missing, skipped),
        "unknown": [
            {
                "what": aspect,
                "permission": tenant_snapshot.PERMISSIONS[aspect],
                "effect": unread.EFFECTS[aspect],
                "skipped": aspect in skipped,
            }
            for aspect in tenant_snapshot.ASPECTS
            if aspect in missing
        ],
    }


def _caveats(
    found: Sequence[Prediction], snapshot: TenantSnapshot, missing: set[str], skipped: Collection[str]
) -> list[str]:
    """Return what this preflight could not know and does not stop it for, each in one sentence."""
    concerned = {aspect for each in found for aspect in each.caveats}
    sentences = unread.caveats(concerned | (missing & set(skipped)), skipped)
    effects = {change["effect"] for each in found for change in each.overwrites}
    if PASSWORD_UNKNOWN in effects and tenant_snapshot.SWITCHES not in skipped:
        sentences.append(_HASH_SYNC)
    return sentences if snapshot.pim_licensed else [*sentences, unread.NO_PIM]


def refusal_sentence(users: Sequence[dict[str, Any]]) -> str | None:
    """Return one sentence about the users whose outcome is not allowed, the first few with reasons; else None."""
    refused = [user for user in users if user.get("allowed") is False]
    if not refused:
        return None
    reasons = join_reasons(
        (f"{record_name(user)} ({user['outcome']})", user["reason"] or "not allowed.") for user in refused
    )
    return (
        f"Nothing was written, because a sync would do with {len(refused)} of {len(users)} users what is not allowed: "
        f"{reasons} Correct them, or allow their outcomes."
    )
