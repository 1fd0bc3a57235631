# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge predictions and planned ImmutableIds by what Active Directory says now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ..core import outcomes
from ..core.accepted_effects import PROTECTED_ACCOUNTS
from ..core.cloud_user import CloudUser
from ..core.errors import InputError
from ..core.identities.addresses import held_addresses
from ..core.identities.anchors import parse_guid
from ..core.identities.comparison import entra_key
from ..core.records import AdUser
from ..entra import unread
from ..entra.tenant_snapshot import ANCHOR_CLAIMS
from .directory_view import AdAccount, AnchorJudge, DirectoryView
from .exported import read_anchor
from .predictions import Held, Prediction

_SYNCHRONISED = ("user", "contact", "group")


def list_anchors(found: Sequence[Prediction]) -> list[str]:
    """Return the ImmutableIds of all users who could be matched, each once."""
    return list(dict.fromkeys(anchor for each in found if (anchor := _anchor(each))))


def list_names(ad_users: Iterable[AdUser]) -> list[str]:
    """Return the UPNs and the addresses of AD users, each once."""
    return list(dict.fromkeys(name for user in ad_users for name in _names(user)))


def judge_predictions(
    found: Sequence[Prediction],
    view: DirectoryView,
    written: Collection[str] = (),
    skipped: Collection[str] = (),
    partners: Mapping[str, str] | None = None,
) -> list[Prediction]:
    """Return the predictions with all their effects, and with what the directory says against them.

    ``view`` must hold all objects with one of ``list_anchors`` or ``list_names``. ``written``: the dashed GUIDs of
    the AD users for whom something is to be written. ``skipped``: the checks that the caller skips. ``partners``:
    object ids of the users' own cloud users, by dashed GUID; the others have their UPNs.
    """
    judge = AnchorJudge(view, list_anchors(found))
    strangers = _strangers(found, view)
    return [_judged(each, judge, view, strangers, written, skipped, partners or {}) for each in found]


def _judged(
    each: Prediction,
    judge: AnchorJudge,
    view: DirectoryView,
    strangers: Mapping[str, Sequence[AdAccount]],
    written: Collection[str],
    skipped: Collection[str],
    partners: Mapping[str, str],
) -> Prediction:
    anchor = _anchor(each)
    if anchor is None:
        return each
    name, guid = each.ad.name, account_guid(each.ad)
    is_joined = outcomes.MATCHED in (each.outcome, each.expected)
    claim = judge.claim(name, anchor, guid)
    if claim:
        each = _with(each, outcomes.CONFLICT, claim.cause, claim.reason)
    if not is_joined or guid in written:
        by_view = judge.effects(name, anchor, _has(each.cloud, anchor, each.ad, partners.get(guid or "")), guid)
        each = replace(each, effects=(*by_view, *each.effects))
    if is_joined:
        return each
    for held in _held(each.ad, strangers):
        cause = "upn_taken" if held.attribute == "user_principal_name" else "proxy_address_taken"
        reason = (
            f"{held.holder} in Active Directory also has {held.value} of {name}. If both are synchronised, Entra ID "
            "puts the value into quarantine. Remove it from one of the two."
        )
        each = _with(replace(each, quarantined=(*each.quarantined, held)), outcomes.QUARANTINE, cause, reason)
    doubts = {ANCHOR_CLAIMS} if judge.is_unread(guid) else set()
    doubts |= {PROTECTED_ACCOUNTS} if view.protection_unread or view.account(guid) is None else set()
    return _doubted(each, doubts - set(skipped))


def _with(each: Prediction, outcome: str, cause: str, reason: str) -> Prediction:
    """Return a prediction with a finding, which counts if nothing worse was found before."""
    # What was found counts more than what could not be read.
    now = None if each.unknown else each.outcome
    if now in outcomes.WORST_FIRST and outcomes.WORST_FIRST.index(now) <= outcomes.WORST_FIRST.index(outcome):
        return replace(each, causes=tuple(dict.fromkeys((*each.causes, cause))))
    before = each.causes if now in outcomes.WORST_FIRST else ()
    causes = tuple(dict.fromkeys((cause, *before)))
    return replace(
        each, outcome=outcome, cause=cause, reason=reason, causes=causes, unknown=(), caveats=(), expected=None
    )


def _doubted(each: Prediction, doubts: set[str]) -> Prediction:
    if not doubts or not (each.unknown or each.outcome in outcomes.FINE):
        return each
    aspects = {*each.unknown, *doubts}
    refusal = unread.refusal(aspects)
    if refusal is None:
        raise ValueError(f"{aspects} refuse nobody")
    return replace(
        each,
        outcome=outcomes.BLOCKED,
        cause=refusal.cause,
        causes=(refusal.cause,),
        reason=refusal.reason,
        unknown=(*unread.that(unread.REFUSED, aspects), *unread.that(unread.UNKNOWN, aspects)),
        expected=each.expected or each.outcome,
    )


def _anchor(each: Prediction) -> str | None:
    # An identity that is not a user to match has no anchor, and neither has an account that is not stamped yet.
    return None if each.ad.unresolved else read_anchor(each.ad)[0]


def _has(cloud: CloudUser | None, anchor: str, user: AdUser, partner: str | None) -> bool:
    """Return whether the account's own cloud user has this ImmutableId already. ``partner`` is its id, if known."""
    if cloud is None or cloud.immutable_id != anchor:
        return False
    if partner:
        return cloud.id == partner
    return entra_key(cloud.user_principal_name or "") == entra_key(user.user_principal_name or "")


def _names(user: AdUser) -> list[str]:
    upn = user.user_principal_name
    return [*([upn] if upn else []), *held_addresses(user.proxy_addresses or (), user.mail)]


def _strangers(found: Sequence[Prediction], view: DirectoryView) -> dict[str, list[AdAccount]]:
    """Return, by ``entra_key``, the objects that a sync could send and that are not among the predictions."""
    known = {guid for each in found for guid in _own_guids(each, view)}
    held: dict[str, list[AdAccount]] = {}
    for account in view.accounts:
        if account.guid not in known and account.kind in _SYNCHRONISED:
            for name in (*([account.upn] if account.upn else []), *account.addresses):
                held.setdefault(entra_key(name), []).append(account)
    return held


def _own_guids(each: Prediction, view: DirectoryView) -> list[str]:
    """Return the GUID of the account that a prediction is about: the user's, else that of its anchor's holders."""
    guid = account_guid(each.ad)
    return [guid] if guid else [account.guid for account in view.holders(_anchor(each) or "")]


def _held(user: AdUser, strangers: Mapping[str, Sequence[AdAccount]]) -> list[Held]:
    if not strangers:
        return []
    upn = user.user_principal_name or ""
    seen: dict[str, Held] = {}
    for name in _names(user):
        attribute = "user_principal_name" if name == upn else "proxy_addresses"
        for account in strangers.get(entra_key(name), ()):
            seen.setdefault(entra_key(name), Held(attribute, name, account.distinguished_name))
    return list(seen.values())


def account_guid(user: AdUser) -> str | None:
    """Return the objectGUID of an AD user, dashed; None if it has none, or one that is not a GUID."""
    try:
        return str(parse_guid(user.object_guid)) if user.object_guid else None
    except InputError:
        return None
