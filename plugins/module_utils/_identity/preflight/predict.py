# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sync would do with each AD user: one pure function (facts §2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace as changed

from ..core import outcomes
from ..core.cloud_user import CloudUser
from ..core.identities.comparison import entra_key
from ..core.records import AdUser
from ..entra.domains import Domains
from ..entra.graph_json import unreadable_sentence
from ..entra.immutable_id_plan import ImmutableIdChange
from ..entra.snapshot_user import SnapshotUser
from ..entra.tenant_snapshot import TenantSnapshot
from . import blocks
from .anchor_owners import add_known_owners
from .case import Case
from .exported import Exported, exported
from .match_effects import list_effects
from .matcher import Matcher
from .overwrites import MATCHES, overwrites
from .predictions import Prediction
from .simulated_tenant import SimulatedTenant


def predict(
    ad_users: Sequence[AdUser],
    tenant: TenantSnapshot,
    planned: Sequence[ImmutableIdChange] = (),
) -> list[Prediction]:
    """Predict for each AD user what a sync that exports them in this order would do, in linear time.

    If what a sync sends of ``ad_users`` was read, the whole attribute map is compared for what a match would
    overwrite. ``planned``: changes that are made before the sync.
    """
    after = _after(tenant, planned)
    found = _simulate(ad_users, after)
    before = {each.user.id: each for each in (*tenant.users, *tenant.deleted)}
    for place, each in enumerate(found):
        found[place] = _shown(each, before, after)
    return add_known_owners(found, ad_users)


def _simulate(ad_users: Sequence[AdUser], tenant: TenantSnapshot) -> list[Prediction]:
    """Return the predictions, with the cloud users as they are when their turn comes."""
    users = [exported(user) for user in ad_users]
    domains = Domains(tenant)
    simulated = SimulatedTenant(tenant, tenant.users)
    holders = ((simulated.holder(user.anchor), user) for user in users if user.anchor)
    guids = blocks.identifiers_are_guids(tenant, ((target.user, user) for target, user in holders if target))
    matcher = Matcher(tenant, simulated, domains, blocks.Blocks(tenant, simulated, guids))
    repeats = Counter(user.anchor for user in users if user.anchor and not user.ad.unresolved)
    return [_predicted(user, matcher, simulated, repeats) for user in users]


def _shown(found: Prediction, before: Mapping[str, SnapshotUser], tenant: TenantSnapshot) -> Prediction:
    """Return the prediction with the cloud user as it is now, what a match would overwrite in it, and its effects."""
    cloud = before.get(found.cloud.id) if found.cloud else None
    changes = overwrites(found, cloud, tenant)
    effects = list_effects(found.ad, cloud, changes) if cloud and found.sync_action in MATCHES else ()
    return changed(found, cloud=_user_of(cloud), overwrites=changes, effects=effects)


def _user_of(found: SnapshotUser | None) -> CloudUser | None:
    return found.user if found else None


def cloud_only(found: Sequence[Prediction], tenant: TenantSnapshot) -> list[CloudUser]:
    """Return the active cloud users that no prediction concerns and that have no AD user's UPN."""
    concerned = {prediction.cloud.id for prediction in found if prediction.cloud}
    names = {entra_key(prediction.ad.user_principal_name or "") for prediction in found} - {""}
    return [
        each.user
        for each in tenant.users
        if each.user.id not in concerned and entra_key(each.user.user_principal_name or "") not in names
    ]


def _after(tenant: TenantSnapshot, planned: Sequence[ImmutableIdChange]) -> TenantSnapshot:
    """Return the tenant as it is after the planned changes."""
    values = {change.target.id: change.after for change in planned if change.writes and change.target}
    leaving = {holder.user.id: holder for change in planned for holder in change.leaving if change.changed}
    if not values and not leaving:
        return tenant
    domains = Domains(tenant)
    users = [_with_value(each, values, domains) for each in tenant.users]
    deleted = {each.user.id: each for each in tenant.deleted}
    for key, holder in leaving.items():
        gone, restored = deleted.pop(key), holder.restored()
        users += [changed(gone, user=restored)] if restored else []
    return changed(tenant, users=users, deleted=list(deleted.values()))


def _with_value(each: SnapshotUser, values: Mapping[str, str | None], domains: Domains) -> SnapshotUser:
    """Return a user with its planned ImmutableId, if it gets one."""
    user = each.user
    # facts §1 "Federated-domain UPN": Graph does not change the value of such a user.
    if user.id not in values or (user.immutable_id and domains.is_federated(user.user_principal_name)):
        return each
    return changed(each, user=changed(user, immutable_id=values[user.id]))


def _predicted(user: Exported, matcher: Matcher, simulated: SimulatedTenant, repeats: Counter[str]) -> Prediction:
    unresolved = user.ad.unresolved
    if unresolved:
        reason = unresolved.reason or f"{user.name} is not an AD user that can be matched."
        return Prediction(user.ad, outcomes.INVALID, None, unresolved.cause, reason, (unresolved.cause,))
    if user.anchor is None:
        cause = "no_anchor"
        return Prediction(user.ad, outcomes.INVALID, None, cause, user.problem, (cause,))
    if repeats[user.anchor] > 1:
        cause = "duplicate_anchor"
        reason = (
            f"{repeats[user.anchor]} AD users of the list have the ImmutableId {user.anchor}, and a sync matches only "
            "one of them. Keep one record for each user, and make sure that each mS-DS-ConsistencyGuid is unique."
        )
        cloud = simulated.holder(user.anchor)
        return Prediction(user.ad, outcomes.CONFLICT, None, cause, reason, (cause,), _user_of(cloud))
    if user.ad.cloud_managed and not _is_synchronised(simulated.holder(user.anchor)):
        cause = "cloud_managed_account"
        # facts §12
        reason = (
            f"Cloud Sync created the AD account of {user.name} and takes its values from the cloud user, so the two "
            "must not be matched. Exclude the user."
        )
        cloud = simulated.holder(user.anchor) or (simulated.named(user.upn) if user.upn else None)
        return Prediction(user.ad, outcomes.BLOCKED, None, cause, reason, (cause,), _user_of(cloud))
    case = Case(user)
    matcher.judge(case)
    concerned = _user_of(case.target or case.cloud)
    unreadable = unreadable_sentence(concerned) if concerned else None
    if unreadable:
        case.add(outcomes.BLOCKED, "unreadable_user", unreadable)
    return case.prediction()


def _is_synchronised(cloud: SnapshotUser | None) -> bool:
    """Return whether AD is master of a cloud user.

    Entra Connect marks the AD accounts of its users as Cloud Sync does (facts §19).
    """
    return cloud is not None and cloud.user.sync_enabled is True and not cloud.user.deleted
