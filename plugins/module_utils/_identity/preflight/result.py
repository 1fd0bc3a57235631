# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a preflight, as the module and the filter return it: users, cloud_only, summary, unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..core.records import record_name
from ..core.sentences import join_sentences
from ..entra import tenant_snapshot
from ..entra.tenant_snapshot import TenantSnapshot
from .predict import cloud_only
from .predictions import Prediction, summarize

# The values that a tenant has unless an administrator changed them (facts §2).
_USUAL_SWITCHES = {
    tenant_snapshot.HARD_SWITCH: False,
    tenant_snapshot.SOFT_SWITCH: False,
    tenant_snapshot.UPN_SWITCH: True,
}


def assume(snapshot: TenantSnapshot, aspects: Collection[str]) -> TenantSnapshot:
    """Return the snapshot for a caller who vouches for aspects: if they could not be read, they count as usual."""
    switches = dict(snapshot.switches)
    if tenant_snapshot.SWITCHES in aspects:
        switches = {**_USUAL_SWITCHES, **switches}
    return replace(snapshot, unknown=snapshot.unknown - frozenset(aspects), switches=switches)


def list_unread(snapshot: TenantSnapshot, found: Sequence[Prediction]) -> set[str]:
    """Return the aspects that could not be read for the snapshot, or that are unknown for one of the users."""
    aspects = set(snapshot.unknown)
    if set(_USUAL_SWITCHES) <= set(snapshot.switches):
        aspects.discard(tenant_snapshot.SWITCHES)  # the caller gave their values
    return aspects | {aspect for each in found for aspect in each.unknown}


def build_result(
    found: Sequence[Prediction],
    snapshot: TenantSnapshot,
    unknown: Iterable[str],
    assumed: Collection[str] = (),
    allowed: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return ``users, cloud_only, summary, unknown: [{"what", "permission", "assumed"}]``.

    If ``allowed`` outcomes are given, each user says whether its outcome is one of them.
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
        "unknown": [
            {"what": aspect, "permission": tenant_snapshot.PERMISSIONS[aspect], "assumed": aspect in assumed}
            for aspect in tenant_snapshot.ASPECTS
            if aspect in missing
        ],
    }


def refusal_sentence(users: Sequence[dict[str, Any]]) -> str | None:
    """Return one sentence about the users whose outcome is not allowed, the first few with reasons; else None."""
    refused = [user for user in users if user.get("allowed") is False]
    if not refused:
        return None
    reasons = [f"{record_name(user)} ({user['outcome']}): {user['reason'] or 'not allowed.'}" for user in refused]
    return (
        f"Nothing was written, because a sync would do with {len(refused)} of {len(users)} users what is not allowed: "
        f"{join_sentences(reasons)} Correct them, or allow their outcomes."
    )
