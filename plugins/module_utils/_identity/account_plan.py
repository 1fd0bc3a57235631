# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a run of accounts: from wishes and what the directory holds to one step each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ansible_collections.hybrid.identity.plugins.module_utils._identity import account_names
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_directory import AccountDirectory, texts
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_paths import Paths
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_steps import (
    AD_PASSWORD,
    CREATED,
    UNCHANGED,
    UPDATED,
    Step,
    password_effect,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_updates import changed_values
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_values import (
    CONTROL,
    SAM,
    UPN,
    Countries,
    Schema,
    Values,
    Wanted,
    wanted_values,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_wishes import GIVEN, RANDOM, AccountWish
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_kinds import not_a_user, system_account
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_lookup import dn_key, name_key
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.managers import with_managers
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import ad_record, cloud_managed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import upn_fault
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import Refusal

NEVER, EMPTY, ALWAYS = "never", "empty", "always"
SAME, TRUE, FALSE = "same", "true", "false"
NORMAL, DISABLED = 0x200, 0x2
"""Bits of userAccountControl (facts §13)."""


@dataclass(frozen=True)
class Rules:
    """What the task says of everybody. ``kept``: random passwords are written to a file."""

    paths: Paths
    update: str = EMPTY
    enabled: str = SAME
    password: str = RANDOM
    kept: bool = False
    must_change: bool = False
    shortest_password: int = 0


@dataclass(frozen=True)
class Names:
    """Names that a plan would give, which the directory has to be asked for before they are."""

    sams: frozenset[str]
    cns: frozenset[str]


def plan_accounts(
    wishes: Sequence[AccountWish], directory: AccountDirectory, rules: Rules, schema: Schema, countries: Countries
) -> list[Step]:
    """One step for each wish, in order. Nothing is written by it, and what it refuses is never half done."""
    steps = [_found_or_missing(wish, directory, rules, schema, countries) for wish in wishes]
    steps = _named(steps, directory)
    return with_managers(steps, directory, rules.update)


def new_names(steps: Iterable[Step]) -> Names:
    """The names that a plan gives to new accounts."""
    made = [step for step in steps if step.status == CREATED]
    return Names(
        frozenset(step.sam for step in made if step.sam),
        frozenset(step.after["cn"][0] for step in made),
    )


def _found_or_missing(
    wish: AccountWish, directory: AccountDirectory, rules: Rules, schema: Schema, countries: Countries
) -> Step:
    step = Step(wish, UNCHANGED)
    if wish.refusal:
        return step.refused(wish.refusal.cause, wish.refusal.reason)
    found = directory.named(wish.upn)
    wanted = wanted_values(wish, schema, countries)
    if found:
        return _existing(replace(step, left_out=wanted.left_out), found, directory, rules, wanted)
    holder = directory.other_holder(wish)
    if holder:
        return step.refused("address_of_other_account", _held(wish, *holder))
    if wanted.refusal:
        return step.refused(wanted.refusal.cause, wanted.refusal.reason)
    return _missing(replace(step, left_out=wanted.left_out), directory, rules, wanted.values)


def _existing(step: Step, found: Sequence[AdObject], directory: AccountDirectory, rules: Rules, wanted: Wanted) -> Step:
    refusal = _untouchable(step.wish, found)
    if refusal:
        return step.refused(refusal.cause, refusal.reason)
    account = found[0]
    step = replace(step, found=account, dn=account.distinguished_name, password_hash_sync=AD_PASSWORD)
    if rules.update == NEVER:
        return step
    if wanted.refusal:
        return step.refused(wanted.refusal.cause, wanted.refusal.reason)
    before, after = changed_values(account, wanted.values, rules.update == ALWAYS)
    if rules.update == ALWAYS:
        _enable(step.wish, account, rules, before, after)
    holder = directory.other_holder(step.wish, account) if {"mail", "proxyAddresses"} & after.keys() else None
    if holder:
        return step.refused("address_of_other_account", _held(step.wish, *holder))
    return replace(step, status=UPDATED if after else UNCHANGED, before=before, after=after)


def _untouchable(wish: AccountWish, found: Sequence[AdObject]) -> Refusal | None:
    if len(found) > 1:
        names = ", ".join(sorted(each.distinguished_name for each in found)[:3])
        return Refusal("several_accounts", f"{wish.upn} is the UPN of {names}; give all but one of them another one.")
    account = found[0]
    kind = not_a_user(account.attributes)
    if kind:
        return Refusal("not_a_user", f"{wish.upn} is {kind} ({account.distinguished_name}), no user account.")
    why = system_account(account.distinguished_name, account.attributes)
    if why:
        return Refusal("system_account", f"{wish.upn} is never synchronised, because {why}; leave it out.")
    if cloud_managed(ad_record(account.distinguished_name, account.attributes)):
        # facts §12
        reason = f"The AD account of {wish.upn} was made by Cloud Sync and the cloud owns it; it must not be written."
        return Refusal("cloud_managed_account", reason)
    return None


def _missing(step: Step, directory: AccountDirectory, rules: Rules, values: Values) -> Step:
    wish = step.wish
    fault = upn_fault(wish.upn)
    if fault:
        return step.refused("invalid_upn", f"{fault}; give the cloud user another UPN, then run again.")
    path = rules.paths.of(wish.record)
    if path is None:
        return step.refused("no_path", f"No rule of path_by fits {wish.upn}, and there is no path; give one of them.")
    if wish.sam and directory.has_sam(wish.sam):
        reason = f"The sAMAccountName {wish.sam} of {wish.upn} is taken in the directory; choose another, or give none."
        return step.refused("sam_account_name_taken", reason)
    refusal = _bad_password(wish, rules)
    if refusal:
        return step.refused(refusal.cause, refusal.reason)
    control = str(NORMAL if _wants_enabled(wish, rules) is not False else NORMAL | DISABLED)
    after: Values = {
        "cn": (account_names.cn_base(wish.record, wish.upn),),
        SAM: (wish.sam or account_names.sam_base(wish.upn),),
        UPN: (wish.upn,),
        CONTROL: (control,),
        **values,
    }
    effect = password_effect(rules.password, rules.kept)
    return replace(step, status=CREATED, dn=path, after=after, password_hash_sync=effect)


def _bad_password(wish: AccountWish, rules: Rules) -> Refusal | None:
    if rules.password != GIVEN:
        return None
    if not wish.password:
        return Refusal(
            "no_password",
            f"given_passwords_file has no password for {wish.upn}; add one, or set account_password to random.",
        )
    if len(wish.password) < rules.shortest_password:
        reason = f"The password of {wish.upn} is shorter than the {rules.shortest_password} characters of the domain."
        return Refusal("password_too_short", f"{reason} Give a longer one.")
    return None


def _wants_enabled(wish: AccountWish, rules: Rules) -> bool | None:
    """Whether the account is to be enabled; None where nobody says."""
    if rules.enabled == SAME:
        given = wish.record.get("enabled")
        return given if isinstance(given, bool) else None
    return rules.enabled == TRUE


def _enable(wish: AccountWish, account: AdObject, rules: Rules, before: Values, after: Values) -> None:
    wanted = _wants_enabled(wish, rules)
    now = next(iter(texts(account, CONTROL)), "")
    if wanted is None or not now:
        return
    control = int(now) & ~DISABLED if wanted else int(now) | DISABLED
    if str(control) != now:
        before[CONTROL], after[CONTROL] = (now,), (str(control),)


def _named(steps: Sequence[Step], directory: AccountDirectory) -> list[Step]:
    """New accounts with their final names; until now ``dn`` was the path, and the names those of nobody else."""
    made = {step.wish.upn: step for step in steps if step.status == CREATED}
    chosen = {upn: step.wish.sam for upn, step in made.items() if step.wish.sam}
    bases = {upn: step.after[SAM][0] for upn, step in made.items() if upn not in chosen}
    sams = {**account_names.unique_sams(bases, [*directory.sams, *chosen.values()]), **chosen}
    used: set[str] = set()
    final: dict[str, Step] = {}
    for upn in sorted(made, key=name_key):
        step = made[upn]
        cn, dn = _free_cn(step.after["cn"][0], sams[upn], step.dn or "", directory, used)
        used.add(dn_key(dn))
        after = {**step.after, "cn": (cn,), SAM: (sams[upn],)}
        final[upn] = replace(step, dn=dn, sam=sams[upn], after=after)
    return [final.get(step.wish.upn, step) if step.status == CREATED else step for step in steps]


def _free_cn(base: str, sam: str, parent: str, directory: AccountDirectory, used: set[str]) -> tuple[str, str]:
    cn, attempt = base, 0
    while True:
        dn = account_names.child_dn(cn, parent)
        if dn_key(dn) not in used and directory.at(dn) is None:
            return cn, dn
        cn = account_names.distinct_cn(base, sam, attempt)
        attempt += 1


def _held(wish: AccountWish, holder: AdObject, address: str) -> str:
    upn = next(iter(texts(holder, UPN)), None)
    who = f"whose UPN is {upn}" if upn else "which has no UPN"
    return (
        f"The address {address} of {wish.upn} belongs to {holder.distinguished_name} already, {who}; give that account "
        f"the UPN {wish.upn} if it is the same person's, else take the address from one of them."
    )


def disabled_in_cloud(steps: Iterable[Step]) -> list[str]:
    """The UPNs of enabled cloud users whose AD account is, or becomes, disabled: a sync disables them (facts §13)."""
    return [
        step.wish.upn
        for step in steps
        if step.changes
        and step.wish.record.get("enabled") is not False
        and int(next(iter(step.after.get(CONTROL, ("0",))))) & DISABLED
    ]
