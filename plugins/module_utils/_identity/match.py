# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sync would do with each AD user: one pure function, for the module, the filter and the role (facts §2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace as changed
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity import match_blocks, predictions
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchor_owners import with_known_owners
from ansible_collections.hybrid.identity.plugins.module_utils._identity.export_names import Exported, exported
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import SET, plan
from ansible_collections.hybrid.identity.plugins.module_utils._identity.match_case import Case
from ansible_collections.hybrid.identity.plugins.module_utils._identity.match_domains import Domains
from ansible_collections.hybrid.identity.plugins.module_utils._identity.match_world import World
from ansible_collections.hybrid.identity.plugins.module_utils._identity.matcher import Matcher
from ansible_collections.hybrid.identity.plugins.module_utils._identity.overwrites import overwrites
from ansible_collections.hybrid.identity.plugins.module_utils._identity.predictions import Prediction
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record, cloud_managed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant import Tenant
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant_view import TenantView
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import UNRESOLVED, read_wishes


def predict(
    ad_users: Sequence[Mapping[str, Any]],
    tenant: TenantView,
    *,
    after_hard_match: bool = False,
    replace: bool = False,
) -> list[Prediction]:
    """Predict, for each AD user in order, what a sync that exports them in this order would do. Linear in users.

    ``ad_users`` are records of ad_user_guid; with ``attributes``, what a match would overwrite is listed too.
    ``after_hard_match`` predicts as if entra_immutable_id had set the value of each user that it may set, with
    ``replace`` as that module's option of this name.
    """
    users = [exported(record) for record in ad_users]
    domains = Domains(tenant)
    cloud = _after_hard_match(ad_users, tenant, domains, replace) if after_hard_match else list(tenant.users)
    world = World(tenant, cloud)
    holders = ((world.holder(user.anchor), user) for user in users if user.anchor)
    guids = match_blocks.identifiers_are_guids(tenant, ((target, user) for target, user in holders if target))
    matcher = Matcher(tenant, world, domains, match_blocks.Blocks(tenant, guids))
    repeats = Counter(user.anchor for user in users if user.anchor and _unresolved(user) is None)
    found = [_predicted(user, matcher, world, repeats) for user in users]
    before = {user["id"]: user for user in (*tenant.users, *tenant.deleted)}
    shown = [_shown(each, before, tenant) for each in found]
    return with_known_owners(shown, ad_users)


def _shown(found: Prediction, before: Mapping[str, Record], tenant: TenantView) -> Prediction:
    """The prediction with the cloud user as it is now, and what a match would overwrite of that."""
    cloud = before.get(found.cloud["id"]) if found.cloud else None
    now = changed(found, cloud=cloud)
    return changed(now, overwrites=overwrites(now, tenant))


def cloud_only(found: Sequence[Prediction], tenant: TenantView) -> list[Record]:
    """The active cloud users whom no AD user claims: no prediction concerns them, and none has an AD user's UPN."""
    concerned = {prediction.cloud["id"] for prediction in found if prediction.cloud}
    names = {folded(str(prediction.record.get("user_principal_name") or "")) for prediction in found}
    return [
        {name: value for name, value in user.items() if name != "attributes"}
        for user in tenant.users
        if user["id"] not in concerned and folded(user["user_principal_name"] or user["id"]) not in names
    ]


def _after_hard_match(
    ad_users: Sequence[Mapping[str, Any]], tenant: TenantView, domains: Domains, overwrite: bool
) -> list[Record]:
    """The active users once entra_immutable_id was run: by its own plan."""
    named = [record for record in ad_users if record.get("id") or record.get("user_principal_name")]
    steps = plan(read_wishes(named), Tenant([*tenant.users, *tenant.deleted]), overwrite=overwrite)
    values = {step.target["id"]: step.after for step in steps if step.status == SET and step.target}
    return [
        {**user, "immutable_id": values[user["id"]]}
        # facts §1 "Federated-domain UPN": Graph does not change the value of such a user.
        if user["id"] in values and not (user["immutable_id"] and domains.is_federated(user["user_principal_name"]))
        else user
        for user in tenant.users
    ]


def _unresolved(user: Exported) -> str | None:
    status = user.record.get("status")
    return status if status in UNRESOLVED else None


def _predicted(user: Exported, matcher: Matcher, world: World, repeats: Counter[str]) -> Prediction:
    status = _unresolved(user)
    if status:
        cause = f"ad_{status}"
        reason = str(user.record.get("reason") or f"{user.name} is no AD user to match.")
        return Prediction(user.record, predictions.INVALID, None, cause, reason, (cause,))
    if user.anchor is None:
        cause = "no_anchor"
        return Prediction(user.record, predictions.INVALID, None, cause, user.problem, (cause,))
    if repeats[user.anchor] > 1:
        cause = "duplicate_anchor"
        reason = (
            f"{repeats[user.anchor]} AD users of the list have the ImmutableId {user.anchor}, and a sync takes one of "
            "them; keep one record a user, and one value of mS-DS-ConsistencyGuid."
        )
        return Prediction(user.record, predictions.CONFLICT, None, cause, reason, (cause,), world.holder(user.anchor))
    if cloud_managed(user.record):
        cause = "cloud_managed_account"
        # facts §12
        reason = f"The AD account of {user.name} was made by Cloud Sync and the cloud owns it; it must not be matched."
        cloud = world.holder(user.anchor) or (world.named(user.upn) if user.upn else None)
        return Prediction(user.record, predictions.BLOCKED, None, cause, reason, (cause,), cloud)
    case = Case(user)
    matcher.judge(case)
    return case.prediction()
