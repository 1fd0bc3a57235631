# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer of a preflight, in the form of the module and of the filter: users, cloud_only, summary, unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity import tenant_view
from ansible_collections.hybrid.identity.plugins.module_utils._identity.match import cloud_only
from ansible_collections.hybrid.identity.plugins.module_utils._identity.predictions import Prediction, summary
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import record_name
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant_view import TenantView

_NAMED = 3
# What facts §2 says a tenant has unless somebody changed it.
_USUAL_SWITCHES = {
    tenant_view.HARD_SWITCH: False,
    tenant_view.SOFT_SWITCH: False,
    tenant_view.UPN_SWITCH: True,
}


def assuming(view: TenantView, aspects: Collection[str]) -> TenantView:
    """The view of somebody who vouches for aspects: what could not be read of them is taken to be as usual."""
    switches = dict(view.switches)
    if tenant_view.SWITCHES in aspects:
        switches = {**_USUAL_SWITCHES, **switches}
    return replace(view, unknown=view.unknown - frozenset(aspects), switches=switches)


def unread(view: TenantView, found: Sequence[Prediction]) -> set[str]:
    """The aspects that could not be read for a view, or are unknown for one of the users."""
    aspects = set(view.unknown)
    if set(_USUAL_SWITCHES) <= set(view.switches):
        aspects.discard(tenant_view.SWITCHES)  # somebody has said what they are
    return aspects | {aspect for each in found for aspect in each.unknown}


def answer(
    found: Sequence[Prediction],
    view: TenantView,
    unknown: Iterable[str],
    assumed: Collection[str] = (),
    allowed: Collection[str] | None = None,
) -> dict[str, Any]:
    """``users, cloud_only, summary, unknown: [{"what", "permission", "assumed"}]``.

    With ``allowed``, outcomes, each user says whether its own is one of them.
    """
    users = [prediction.result() for prediction in found]
    if allowed is not None:
        users = [{**user, "allowed": user["outcome"] in allowed} for user in users]
    rest = cloud_only(found, view)
    missing = set(unknown)
    return {
        "users": users,
        "cloud_only": rest,
        "summary": summary(found, len(rest)),
        "unknown": [
            {"what": aspect, "permission": tenant_view.PERMISSIONS[aspect], "assumed": aspect in assumed}
            for aspect in tenant_view.ASPECTS
            if aspect in missing
        ],
    }


def refusal_sentence(users: Sequence[dict[str, Any]]) -> str | None:
    """One sentence on the users whose outcome is not allowed, the first few with their reasons; None for none."""
    refused = [user for user in users if user.get("allowed") is False]
    if not refused:
        return None
    reasons = [f"{record_name(user)} ({user['outcome']}): {user['reason'] or 'not allowed.'}" for user in refused]
    more = f" And {len(refused) - _NAMED} more, in users." if len(refused) > _NAMED else ""
    return (
        f"Nothing was written, because a sync would do with {len(refused)} of {len(users)} users what is not allowed: "
        f"{' '.join(reasons[:_NAMED])}{more} Correct them, or allow their outcomes."
    )
