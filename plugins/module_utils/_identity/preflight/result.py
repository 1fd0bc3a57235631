# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a preflight could not read, and what follows from it, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from ..core.outcomes import HARD_MATCH, SOFT_MATCH
from ..core.text.counts import amount, plural
from ..core.text.sentences import join_names
from ..entra import tenant_snapshot, unread
from ..entra.tenant_snapshot import HASH_SYNC_SWITCH, PERMISSIONS, SWITCHES, TenantSnapshot
from .overwrites import UNKNOWN as PASSWORD_UNKNOWN
from .predictions import Prediction

# The values that a tenant has unless an administrator changed them (facts §2).
_USUAL_SWITCHES = {
    tenant_snapshot.HARD_SWITCH: False,
    tenant_snapshot.SOFT_SWITCH: False,
    tenant_snapshot.UPN_SWITCH: True,
}

_HASH_SYNC = (
    "It is unknown whether password hash sync is on. If it is, the AD passwords replace the cloud passwords of these "
    f"users. Set {HASH_SYNC_SWITCH} in tenant_switches, or grant the app {PERMISSIONS[SWITCHES]}."
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


def describe_unread(unread_aspects: Collection[str], skipped: Collection[str]) -> list[dict[str, Any]]:
    """Return ``{"what", "permission", "effect", "skipped"}`` for each aspect that could not be read."""
    return [
        {
            "what": aspect,
            "permission": tenant_snapshot.PERMISSIONS[aspect],
            "effect": unread.EFFECTS[aspect],
            "skipped": aspect in skipped,
        }
        for aspect in tenant_snapshot.ASPECTS
        if aspect in unread_aspects
    ]


def describe_caveats(
    found: Sequence[Prediction], snapshot: TenantSnapshot, missing: Collection[str], skipped: Collection[str]
) -> list[str]:
    """Return what could not be known and does not stop the plan, each in one sentence.

    ``missing`` are the aspects that could not be read, ``skipped`` the checks that the caller skips.
    """
    concerned = {aspect for each in found for aspect in each.caveats}
    sentences = unread.caveats(concerned | (set(missing) & set(skipped)), skipped)
    effects = {change.effect for each in found for change in each.overwrites}
    if PASSWORD_UNKNOWN in effects and tenant_snapshot.SWITCHES not in skipped:
        sentences.append(_HASH_SYNC)
    sentences += _local_mailboxes([each.ad.name for each in found if each.ad.has_local_mailbox and _joins(each)])
    return sentences if snapshot.pim_licensed else [*sentences, unread.NO_PIM]


def _joins(each: Prediction) -> bool:
    return each.cloud is not None and each.sync_action in (HARD_MATCH, SOFT_MATCH)


def _local_mailboxes(names: Sequence[str]) -> list[str]:
    """Graph shows only user by user whether somebody has a mailbox (facts §22), so a plan does not ask."""
    if not names:
        return []
    return [
        f"{amount(len(names), 'user')} whom the next sync would match {plural(len(names), 'has', 'have')} a mailbox on "
        f"premises ({join_names(names)}). A plan does not read whether their cloud users have mailboxes too. If both "
        "have one, decide before the sync which one stays."
    ]
