# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hard match changes for each user in both directories, and who is refused: pure, for the plan and the apply."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._identity.ad.anchor_plan import plan_requests, plan_stamps
from .._identity.ad.anchor_requests import AnchorRequest
from .._identity.ad.lookup import upn_identity
from .._identity.ad.users import FOUND, AnchorChange
from .._identity.core.accepted_effects import PROTECTED_ACCOUNTS, AcceptedEffects, Effect
from .._identity.core.decision import Terms
from .._identity.core.errors import InputError
from .._identity.core.identities.anchors import guid_of_immutable_id, immutable_id_of_bytes
from .._identity.core.identities.cloud_identity import possible_upn, read_object_id
from .._identity.core.identities.comparison import entra_key
from .._identity.core.records import AdUser
from .._identity.core.refusal import Refusal
from .._identity.entra.immutable_id_guards import refuse_guarded
from .._identity.entra.immutable_id_plan import ImmutableIdChange, plan_changes
from .._identity.entra.immutable_id_requests import ImmutableIdRequest, request_matches
from .._identity.entra.tenant_snapshot import ANCHOR_CLAIMS, TenantSnapshot
from .._identity.entra.user_index import UserIndex
from .._identity.preflight.directory_view import ACCOUNT_UNREAD, AnchorJudge, DirectoryView

NEVER, FROM_GUID, FROM_CLOUD = "never", "from_guid", "from_cloud"
WAYS = (NEVER, FROM_GUID, FROM_CLOUD)
"""What mS-DS-ConsistencyGuid gets: nothing, the objectGUID of the account, or the ImmutableId of the cloud user."""


@dataclass(frozen=True)
class Matching:
    """How users are matched.

    ``write_consistency_guid`` is one of WAYS. ``replace``: the UPNs, as ``entra_key``, of the users whose other
    ImmutableId or mS-DS-ConsistencyGuid may be replaced. ``deleted``: what to do with deleted holders, by object id.
    """

    write_consistency_guid: str = NEVER
    replace: Collection[str] = ()
    deleted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MatchChange:
    """What happens to one user in both directories.

    The anchor is written first. If one of the two is refused, nothing of the user is written.
    """

    anchor: AnchorChange
    immutable_id: ImmutableIdChange

    @property
    def ad(self) -> AdUser:
        """The AD user as it is after the change."""
        return self.immutable_id.request.ad

    @property
    def writes(self) -> bool:
        return self.anchor.changed or self.immutable_id.changed

    @property
    def name(self) -> str:
        """The name of the user in sentences."""
        return self.ad.name

    @property
    def guid(self) -> str | None:
        """The objectGUID of the AD user, dashed; None if there is no AD user."""
        return self.ad.object_guid

    @property
    def value(self) -> str | None:
        """The ImmutableId that a sync makes of the AD user afterwards."""
        return self.ad.immutable_id

    @property
    def refusal(self) -> Refusal | None:
        change = self.immutable_id
        return Refusal(str(change.cause), str(change.reason)) if change.blocked else None

    def refused(self, refusal: Refusal) -> MatchChange:
        """Return the same user without a write."""
        return MatchChange(self.anchor.unplanned(), self.immutable_id.refused(refusal.cause, refusal.reason))


def plan_matches(users: Sequence[AnchorChange], cloud: UserIndex, matching: Matching) -> list[MatchChange]:
    """Plan what happens to AD users, in order.

    ``cloud`` must hold their cloud users, which are those in ``known`` or else those with their UPNs, and all holders
    of their ImmutableIds.
    """
    anchors = [_stamped(user, cloud, matching) for user in users]
    ad_users = [anchor.user() for anchor in anchors]
    ids = {ad.object_guid: anchor.known.id for anchor, ad in zip(anchors, ad_users, strict=True) if anchor.known.id}
    requests = [
        _on_terms(request, anchor, matching)
        for anchor, request in zip(anchors, request_matches(ad_users, ids), strict=True)
    ]
    changes = plan_changes(requests, cloud, matching.deleted)
    return [
        MatchChange(anchor.unplanned() if change.blocked and anchor.changed else anchor, change)
        for anchor, change in zip(anchors, changes, strict=True)
    ]


def guard_matches(
    changes: Sequence[MatchChange], tenant: TenantSnapshot, view: DirectoryView, terms: Terms
) -> list[MatchChange]:
    """Refuse users who must not be matched, by what both directories say now, and return all users.

    ``tenant`` needs ``domains``, ``roles`` and ``unknown``. ``view`` must hold all objects with one of
    ``list_wanted_anchors``.
    """
    guarded = refuse_guarded([change.immutable_id for change in changes], tenant, terms.skip_checks)
    changes = [
        MatchChange(change.anchor.unplanned(), after) if after.blocked and not change.immutable_id.blocked else change
        for change, after in zip(changes, guarded, strict=True)
    ]
    judge = _judge(changes, view)
    return [_judged(change, judge, view, terms) if change.writes else change for change in changes]


def refuse_effects(
    changes: Sequence[MatchChange],
    view: DirectoryView,
    accepted: AcceptedEffects,
    planned: Mapping[str, Collection[str]],
    effects: Mapping[str, Sequence[Effect]],
) -> list[MatchChange]:
    """Refuse users whose match has an effect that is not accepted, and return all users.

    By dashed GUID: ``planned`` has the effects that a plan shows and that were accepted when it was made, and
    ``effects`` those that the two users have by themselves. The planner leaves this to ``decide``.
    """
    judge = _judge(changes, view)
    return [_accepted(change, judge, accepted, planned, effects) if change.writes else change for change in changes]


def list_wanted_anchors(changes: Sequence[MatchChange]) -> list[str]:
    """Return the ImmutableIds that decide about users who would be written: planned ones, and those of their GUIDs."""
    wanted = (
        anchor
        for change in changes
        if change.writes and change.anchor.found
        for anchor in (change.value, immutable_id_of_bytes(change.anchor.found.guid))
    )
    return list(dict.fromkeys(anchor for anchor in wanted if anchor))


def find_claims(changes: Sequence[MatchChange], view: DirectoryView) -> dict[int, Refusal]:
    """Return the claims of others on the anchors of users who were written, by position."""
    judge = _judge(changes, view)
    claims = {
        position: judge.claim(change.name, str(change.value), change.guid)
        for position, change in enumerate(changes)
        if change.writes
    }
    return {position: claim for position, claim in claims.items() if claim}


def describe_hidden(view: DirectoryView, terms: Terms) -> str | None:
    """Return why it is unknown who claims the anchors of users who were written; None if the view shows it."""
    if ANCHOR_CLAIMS in terms.skip_checks or not view.claims_unread:
        return None
    return "an object that might have one does not show its objectGUID, or is too large."


def _judge(changes: Sequence[MatchChange], view: DirectoryView) -> AnchorJudge:
    return AnchorJudge(view, [str(change.value) for change in changes if change.writes])


def _accepted(
    change: MatchChange,
    judge: AnchorJudge,
    accepted: AcceptedEffects,
    planned: Mapping[str, Collection[str]],
    effects: Mapping[str, Sequence[Effect]],
) -> MatchChange:
    target, value, guid = change.immutable_id.target, str(change.value), str(change.guid)
    already = target is not None and target.immutable_id == value
    found = (*judge.effects(change.name, value, already, change.guid), *effects.get(guid, ()))
    refusal = accepted.refuse(effect for effect in found if effect.key not in planned.get(guid, ()))
    return change.refused(refusal) if refusal else change


def _judged(change: MatchChange, judge: AnchorJudge, view: DirectoryView, terms: Terms) -> MatchChange:
    name, value = change.name, str(change.value)
    claim = judge.claim(name, value, change.guid)
    if claim:
        return change.refused(claim)
    if (view.claims_unread or not view.account(change.guid)) and ANCHOR_CLAIMS not in terms.skip_checks:
        return change.refused(
            Refusal(
                ACCOUNT_UNREAD,
                f"Active Directory did not show whether another object has the anchor of {name}. Sign in with an "
                f"account that may read all objects of the domain, or add {ANCHOR_CLAIMS} to skip_checks.",
            )
        )
    if view.protection_unread and PROTECTED_ACCOUNTS not in terms.skip_checks:
        return change.refused(
            Refusal(
                ACCOUNT_UNREAD,
                f"It could not be read whether the AD account of {name} is protected. Sign in with an account that "
                f"may read the access control list of the domain, or add {PROTECTED_ACCOUNTS} to skip_checks.",
            )
        )
    return change


def _on_terms(request: ImmutableIdRequest, anchor: AnchorChange, matching: Matching) -> ImmutableIdRequest:
    """Return a request with what the caller allows, and refused if its anchor is."""
    if matching.replace and entra_key(request.ad.user_principal_name or "") in matching.replace:
        request = replace(request, overwrite=True)
    # An identity that is no AD user has its refusal already.
    if anchor.blocked and anchor.found:
        request = replace(request, refusal=Refusal(str(anchor.cause), str(anchor.reason)))
    return request


def _stamped(user: AnchorChange, cloud: UserIndex, matching: Matching) -> AnchorChange:
    if user.status != FOUND or matching.write_consistency_guid == NEVER:
        return user
    if matching.write_consistency_guid == FROM_GUID:
        return plan_stamps([user])[0]
    account = user.user()
    upn = account.user_principal_name or ""
    identity = read_object_id(user.known.id) if user.known.id else possible_upn(upn)
    target = cloud.find(identity) if identity else None
    # A cloud user who got its value from this account needs no stamp, so that a second plan is empty.
    held = target.immutable_id if target else None
    if held is None or held == account.immutable_id:
        return user
    try:
        value = guid_of_immutable_id(held).bytes_le
    except InputError as error:
        return user.refused("malformed_immutable_id", error.message)
    request = AnchorRequest(upn_identity(upn), value)
    return plan_requests([user], [request], entra_key(upn) in matching.replace)[0]
