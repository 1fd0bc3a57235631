# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for AD accounts: one change for each request, from the requests and what the directory holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..ad.faults import whole_number
from ..ad.objects import AdObject
from ..ad.protected_accounts import Shield
from ..core.identities.anchors import guid_text
from ..core.identities.cloud_identity import CloudIdentity, possible_upn
from ..core.identities.comparison import ad_key, entra_key
from ..core.identities.distinguished_names import dn_key
from ..core.identities.upn import upn_fault, upn_suffix
from ..core.outcomes import EXCLUDED
from ..core.refusal import Refusal
from ..core.scope.exclusions import describe_exclusion
from ..core.scope.named_object import NamedObject
from ..core.text.sentences import join_names
from . import names
from .changes import AD_PASSWORD, CREATED, GIVEN_PASSWORD, KEPT_PASSWORD, UNCHANGED, UPDATED, AccountChange
from .directory import AccountDirectory, texts
from .managers import add_managers
from .passwords import refuse_password, replaced_password
from .paths import Paths
from .requests import GIVEN, RANDOM, AccountRequest
from .touchable import refuse_kind, stays_disabled
from .values import (
    CONTROL,
    DISABLED,
    SAM,
    UPN,
    Countries,
    Schema,
    Values,
    Wanted,
    changed_values,
    wanted_values,
)

NEVER, EMPTY, ALWAYS = "never", "empty", "always"
SAME, TRUE, FALSE = "same", "true", "false"
NORMAL = 0x200
"""Bits of userAccountControl (facts §13)."""


@dataclass(frozen=True)
class Rules:
    """The options that a task sets for all users. ``hash_sync``: whether password hash sync is on; None: unknown.

    ``made``: the GUIDs of the accounts that a journal records as made. Only these are ever enabled, if they are not
    protected either, which ``shield`` decides; None: it could not be read. ``excluded``: entries of ``exclude`` by UPN.
    ``suffixes``: the UPN suffixes of the forest, as ``ad_key``; None: any.
    """

    paths: Paths
    update: str = EMPTY
    enabled: str = SAME
    password: str = RANDOM
    hash_sync: bool | None = None
    must_change: bool = False
    shortest_password: int = 0
    made: frozenset[str] = frozenset()
    excluded: Mapping[CloudIdentity, NamedObject] = field(default_factory=dict)
    shield: Shield | None = None
    suffixes: frozenset[str] | None = None


@dataclass(frozen=True)
class Names:
    """Names that a plan would give to new accounts. The caller must look them up before the plan is final."""

    sams: frozenset[str]
    cns: frozenset[str]


def plan_accounts(
    requests: Sequence[AccountRequest], directory: AccountDirectory, rules: Rules, schema: Schema, countries: Countries
) -> list[AccountChange]:
    """Plan one change for each request, in order. It writes nothing, and a refused request changes nothing."""
    changes = [_found_or_missing(request, directory, rules, schema, countries) for request in requests]
    changes = _named(changes, directory)
    return add_managers(changes, directory, rules.update)


def collect_new_names(changes: Iterable[AccountChange]) -> Names:
    """Return the names that a plan gives to new accounts."""
    made = [change for change in changes if change.status == CREATED]
    return Names(
        frozenset(change.sam for change in made if change.sam),
        frozenset(change.after["cn"][0] for change in made),
    )


def _found_or_missing(
    request: AccountRequest, directory: AccountDirectory, rules: Rules, schema: Schema, countries: Countries
) -> AccountChange:
    change = AccountChange(request, UNCHANGED)
    if request.refusal and request.apart:
        return change.set_apart(request.apart, request.refusal)
    if request.refusal:
        return change.refused(request.refusal.cause, request.refusal.reason)
    found = directory.named(request.upn)
    entry = _exclusion(request, found, rules)
    if entry:
        account = found[0] if len(found) == 1 else None
        return replace(change, found=account).set_apart(EXCLUDED, describe_exclusion(request.upn, entry))
    wanted = wanted_values(request, schema, countries)
    if found:
        return _existing(replace(change, left_out=wanted.left_out), found, directory, rules, wanted)
    similar = directory.similar(request.upn)
    if similar:
        return change.refused("similar_upn", _similar(request, similar))
    holder = directory.other_holder(request)
    if holder:
        return change.refused("address_of_other_account", _held(request, *holder))
    if wanted.refusal:
        return change.refused(wanted.refusal.cause, wanted.refusal.reason)
    return _missing(replace(change, left_out=wanted.left_out), directory, rules, wanted.values)


def _existing(
    change: AccountChange, found: Sequence[AdObject], directory: AccountDirectory, rules: Rules, wanted: Wanted
) -> AccountChange:
    refusal = _untouchable(change.request, found)
    if refusal:
        return change.refused(refusal.cause, refusal.reason)
    account = found[0]
    change = replace(change, found=account, dn=account.distinguished_name, password_hash_sync=AD_PASSWORD)
    if rules.update == NEVER:
        return change
    if wanted.refusal:
        return change.refused(wanted.refusal.cause, wanted.refusal.reason)
    before, after = changed_values(account, wanted.values, rules.update == ALWAYS)
    if rules.update == ALWAYS:
        stays = _enable(change.request, account, rules, before, after)
        change = replace(change, left_out={**change.left_out, "enabled": stays}) if stays else change
    holder = directory.other_holder(change.request, account) if {"mail", "proxyAddresses"} & after.keys() else None
    if holder:
        return change.refused("address_of_other_account", _held(change.request, *holder))
    return replace(change, status=UPDATED if after else UNCHANGED, before=before, after=after)


def _exclusion(request: AccountRequest, found: Sequence[AdObject], rules: Rules) -> NamedObject | None:
    """Return the entry of ``exclude`` that a person meets by name, or one of the person's accounts."""
    identity = possible_upn(request.upn)
    named = rules.excluded.get(identity) if identity else None
    return named or next((account.marks.excluded for account in found if account.marks.excluded), None)


def _untouchable(request: AccountRequest, found: Sequence[AdObject]) -> Refusal | None:
    if len(found) > 1:
        names = ", ".join(sorted(each.distinguished_name for each in found)[:3])
        return Refusal(
            "several_accounts", f"{request.upn} is the UPN of {names}; change the UPN of all but one of them."
        )
    return refuse_kind(request.upn, found[0])


def _missing(change: AccountChange, directory: AccountDirectory, rules: Rules, values: Values) -> AccountChange:
    request = change.request
    fault = upn_fault(request.upn)
    if fault:
        return change.refused("invalid_upn", f"{fault}. Change the UPN of the cloud user, and run the task again.")
    suffix = upn_suffix(request.upn)
    if rules.suffixes is not None and ad_key(suffix) not in rules.suffixes:
        return change.refused(
            "missing_upn_suffix",
            f"The forest has no UPN suffix {suffix}. Add it with the role upn_suffixes, or remove the user from "
            "the task.",
        )
    path = rules.paths.of(request.given)
    if path is None:
        return change.refused(
            "no_path", f"No rule of path_by applies to {request.upn}, and path is not set. Add a rule, or set path."
        )
    if request.sam and directory.has_sam(request.sam):
        reason = (
            f"The sAMAccountName {request.sam} of {request.upn} already exists in the directory. Choose another one, "
            "or remove it from the record."
        )
        return change.refused("sam_account_name_taken", reason)
    refusal = refuse_password(request, rules.shortest_password) if rules.password == GIVEN else None
    if refusal:
        return change.refused(refusal.cause, refusal.reason)
    control = str(NORMAL if _wants_enabled(request, rules) is not False else NORMAL | DISABLED)
    after: Values = {
        "cn": (names.cn_base(request.texts, request.upn),),
        SAM: (request.sam or names.sam_base(request.upn),),
        UPN: (request.upn,),
        CONTROL: (control,),
        **values,
    }
    random = rules.password == RANDOM
    return replace(
        change,
        status=CREATED,
        dn=path,
        after=after,
        password_hash_sync=KEPT_PASSWORD if random else GIVEN_PASSWORD,
        effects=(replaced_password(request.upn, rules.hash_sync),) if random and rules.hash_sync is not False else (),
    )


def _wants_enabled(request: AccountRequest, rules: Rules) -> bool | None:
    """Return whether the account is to be enabled; None if neither the task nor the record says so."""
    if rules.enabled == SAME:
        return request.enabled
    return rules.enabled == TRUE


def _enable(request: AccountRequest, account: AdObject, rules: Rules, before: Values, after: Values) -> str | None:
    """Add the change of userAccountControl, if there is one. Return why the account stays disabled instead."""
    wanted = _wants_enabled(request, rules)
    now = next(iter(texts(account, CONTROL)), "")
    if wanted is None or not now:
        return None
    control = int(now) & ~DISABLED if wanted else int(now) | DISABLED
    if str(control) == now:
        return None
    stays = _stays_disabled(account, int(now), rules) if wanted else None
    if stays is None:
        before[CONTROL], after[CONTROL] = (now,), (str(control),)
    return stays


def _stays_disabled(account: AdObject, control: int, rules: Rules) -> str | None:
    """Return why an account must not be enabled: whoever disabled it, or guards it, must be asked first."""
    if guid_text(account.guid) not in rules.made:
        return "the journal does not show that this collection created the account, so an administrator must enable it"
    return stays_disabled(account, control, rules.shield)


def _named(changes: Sequence[AccountChange], directory: AccountDirectory) -> list[AccountChange]:
    """Return the changes with final names of new accounts. Before, ``dn`` is the path, and names may be taken."""
    made = {change.request.upn: change for change in changes if change.status == CREATED}
    chosen = {upn: change.request.sam for upn, change in made.items() if change.request.sam}
    bases = {upn: change.after[SAM][0] for upn, change in made.items() if upn not in chosen}
    sams = {**names.unique_sams(bases, [*directory.sams, *chosen.values()]), **chosen}
    used: set[str] = set()
    final: dict[str, AccountChange] = {}
    for upn in sorted(made, key=entra_key):
        change = made[upn]
        cn, dn = _free_cn(change.after["cn"][0], sams[upn], change.dn or "", directory, used)
        used.add(dn_key(dn))
        after = {**change.after, "cn": (cn,), SAM: (sams[upn],)}
        final[upn] = replace(change, dn=dn, sam=sams[upn], after=after)
    return [final.get(change.request.upn, change) if change.status == CREATED else change for change in changes]


def _free_cn(base: str, sam: str, parent: str, directory: AccountDirectory, used: set[str]) -> tuple[str, str]:
    cn, attempt = base, 0
    while True:
        dn = names.child_dn(cn, parent)
        if dn_key(dn) not in used and directory.at(dn) is None:
            return cn, dn
        cn = names.distinct_cn(base, sam, attempt)
        attempt += 1


def _held(request: AccountRequest, holder: AdObject, address: str) -> str:
    upn = next(iter(texts(holder, UPN)), None)
    who = f"whose UPN is {upn}" if upn else "which has no UPN"
    return (
        f"The address {address} of {request.upn} belongs to {holder.distinguished_name} already, {who}. If that "
        f"account belongs to the same person, change its UPN to {request.upn}. Otherwise, remove the address from one "
        "of the two."
    )


def _similar(request: AccountRequest, found: Sequence[AdObject]) -> str:
    names = join_names(sorted(f"{texts(each, UPN)[0]!r} ({each.distinguished_name})" for each in found))
    return (
        f"Active Directory treats {names} as the same name as {request.upn}, but Entra ID does not. Find out whose "
        "account that is, and correct its UPN."
    )


def disabled_in_cloud(changes: Iterable[AccountChange]) -> list[str]:
    """Return the UPNs of cloud users whose AD account is disabled after this plan, whoever disabled it.

    A sync disables these cloud users (facts §13). Users that are known to be disabled are left out.
    """
    return [
        change.request.upn
        for change in changes
        if change.status in (CREATED, UPDATED, UNCHANGED)
        and change.request.enabled is not False
        and _control(change) & DISABLED
    ]


def _control(change: AccountChange) -> int:
    held = texts(change.found, CONTROL) if change.found else []
    return whole_number(next(iter((*change.after.get(CONTROL, ()), *held)), None), 0xFFFFFFFF) or 0
