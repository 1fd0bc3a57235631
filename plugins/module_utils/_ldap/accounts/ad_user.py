# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind ad_user: read the directory, plan, decide, and create or update accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..._identity.accounts.changes import CREATED, AccountChange
from ..._identity.accounts.directory import AccountDirectory, texts
from ..._identity.accounts.given_passwords import GivenPasswords
from ..._identity.accounts.made import list_made
from ..._identity.accounts.paths import read_paths
from ..._identity.accounts.plan import ALWAYS, Rules, collect_new_names, disabled_in_cloud, plan_accounts
from ..._identity.accounts.proposals import AccountPlan, decide_accounts, refuse_changed
from ..._identity.accounts.requests import GIVEN, RANDOM, AccountRequest, read_account_requests
from ..._identity.accounts.state import ACCOUNT, AccountState, account_state, journal_value
from ..._identity.accounts.values import CONTROL, MANAGER, WRITTEN, Countries
from ..._identity.ad.faults import left_out_warnings
from ..._identity.ad.objects import AdObject
from ..._identity.ad.protected_accounts import ACCOUNT_ATTRIBUTES
from ..._identity.core import journal
from ..._identity.core.accepted_effects import read_accepted_effects
from ..._identity.core.decision import Terms
from ..._identity.core.errors import IdentityError, InputError
from ..._identity.core.identities.anchors import guid_text
from ..._identity.core.journal import JournalEntry, JournalError, JournalWriter
from ..._identity.core.outcomes import APART, REFUSED
from ..._identity.core.records import AD_ATTRIBUTES
from ..._identity.core.review.changes import Review
from ..._identity.core.scope.exclusions import read_exclusions
from ..._identity.core.text.counts import amount, plural
from ..._identity.core.text.sentences import join_names
from ..protection.shield import try_read_shield
from ..session.connection import Session, connected
from ..session.errors import LdapError
from ..session.forest import domain_place
from ..session.options import LdapOptions
from .outcome import Outcome
from .reader import ATTRIBUTES, Reader, check_paths, read_domain, read_forest_suffixes, read_marker
from .writer import AccountWriter, Keeper

_ROUNDS = 4


@dataclass(frozen=True)
class Helpers:
    """What the service needs from the controller.

    ``new_password`` takes the shortest length and the names that a password must not contain. ``keeper`` saves random
    passwords. ``given`` holds the passwords that the caller chose. ``made``: the GUIDs of the accounts that the journal
    records as made. ``review``: the reviewed plan. ``planned``: what ``read_planned`` returns of the plan that is
    applied; None: what is planned now is written. ``tenant``: the id of the tenant that the users come from.
    ``where`` says in messages where the plan is. ``named``: whether the domain's GUID is needed.
    """

    countries: Countries
    new_password: Callable[[int, Sequence[str]], str]
    journal_writer: JournalWriter | None = None
    keeper: Keeper | None = None
    given: GivenPasswords | None = None
    made: frozenset[str] = frozenset()
    review: Review | None = None
    planned: Mapping[str, bytes] | None = None
    tenant: str | None = None
    where: str = "users"
    named: bool = False


def manage_accounts(
    params: Mapping[str, Any], task: Mapping[str, Any], helpers: Helpers, check_mode: bool = False
) -> Outcome:
    """Plan, and unless in check mode or forbidden by the plan's verdict, create and update accounts.

    ``params`` holds the connection options, ``task`` the module's own options (``users``, ``path`` and so on).

    :raises InputError: if an option is wrong, or if a container or an entry of ``exclude`` does not exist.
    :raises LdapError: if the directory cannot be read; nothing was written.
    """
    terms = Terms(
        accepted=read_accepted_effects(task["accepted_effects"]),
        max_changes=task["max_changes"],
        max_refused=task["max_refused"],
        review=helpers.review,
    )
    terms.check()
    exclusions = read_exclusions(task["exclude"])
    rules = replace(_rules(task), excluded=exclusions.users, made=helpers.made)
    given = helpers.given or GivenPasswords()
    requests = read_account_requests(task["users"], given)
    options = LdapOptions.from_params(params, writes=True)
    with connected(options) as session:
        domain = read_domain(session)
        named = helpers.named or helpers.journal_writer or helpers.review
        place = domain_place(session, domain.dn) if named else ("domain", "")
        if helpers.review:
            helpers.review.check_place(helpers.tenant, place[1])
        check_paths(session, rules.paths, domain.dn)
        more = task["planned_upn_suffixes"] if check_mode else ()
        rules = replace(
            rules,
            shortest_password=domain.shortest_password,
            suffixes=read_forest_suffixes(session, domain, more),
        )
        # A reviewed plan names an account by cn too, which is compared if the account already exists.
        attributes: Sequence[str] = (*ATTRIBUTES, "cn") if helpers.review else ATTRIBUTES
        if rules.update == ALWAYS and rules.made:
            rules = replace(rules, shield=try_read_shield(session, domain.dn))
            attributes = (*attributes, *ACCOUNT_ATTRIBUTES)
        marker = read_marker(session, domain.dn, exclusions)
        reader = Reader(session, domain.dn, [request.upn for request in requests], attributes, marker=marker)
        changes = _planned(reader, requests, rules, domain.schema, helpers.countries)
        plan = decide_accounts(changes, terms, helpers.where)
        told = [*_unused_passwords(given, requests), *_missing(plan)]
        broken: IdentityError | None = None
        tried = not check_mode and not plan.decided.verdict
        if tried:
            if helpers.planned is not None:
                plan = refuse_changed(plan, helpers.planned)
            plan, broken, warnings = _write(session, options, domain.dn, plan, place, rules, helpers)
            told += warnings
    warnings = [*_warnings(plan.changes, rules), *told, *left_out_warnings(reader.left_out)]
    return Outcome(plan, place[1] or None, tried, warnings, broken)


def _write(
    session: Session,
    options: LdapOptions,
    domain: str,
    plan: AccountPlan,
    place: tuple[str, str],
    rules: Rules,
    helpers: Helpers,
) -> tuple[AccountPlan, IdentityError | None, list[str]]:
    """Return the plan with the outcomes of its changes, the error that stopped it, and warnings."""
    writer = AccountWriter(
        options,
        place,
        lambda change: _password(change, rules, helpers),
        rules.must_change,
        helpers.journal_writer,
        helpers.keeper,
    )
    if helpers.journal_writer:
        _settle(helpers.journal_writer, place, plan.changes)
    changes = writer.write(session, plan.changes)
    broken = writer.broken
    try:
        changes = _with_accounts(session, domain, changes)
    except LdapError as error:
        broken = broken or error
    return replace(plan, changes=changes), broken, _note_made(helpers.journal_writer, list_made(changes, place))


def _note_made(journal_writer: JournalWriter | None, entries: Sequence[JournalEntry]) -> list[str]:
    """Record the GUIDs of new accounts. Return a warning if that fails: the accounts are there all the same."""
    if journal_writer is None or not entries:
        return []
    try:
        journal_writer.complete(dict.fromkeys(journal_writer.begin(entries), journal.WRITTEN))
    except JournalError as error:
        return [
            f"{error.message} The journal lacks the GUIDs of new accounts, so a later run will not enable these "
            "accounts."
        ]
    return []


def _rules(task: Mapping[str, Any]) -> Rules:
    if task["given_passwords_file"] and task["account_password"] != GIVEN:
        raise InputError(
            "given_passwords_file is only for account_password=given. Set account_password to given, or remove "
            "given_passwords_file."
        )
    if task["password_file"] and task["account_password"] != RANDOM:
        raise InputError(
            "password_file is only for account_password=random. Remove password_file, or set account_password to "
            "random."
        )
    return Rules(
        paths=read_paths(task["path"], task["path_by"] or ()),
        update=task["update"],
        enabled=task["enabled"],
        password=task["account_password"],
        hash_sync=task["password_hash_sync"],
        must_change=task["password_must_change"],
    )


def _planned(
    reader: Reader,
    requests: Sequence[AccountRequest],
    rules: Rules,
    schema: Mapping[str, int | None],
    countries: Countries,
) -> list[AccountChange]:
    """Return the plan. Plan again if other objects hold the names of new accounts, at most ``_ROUNDS`` times."""
    directory = AccountDirectory(reader.people(requests))
    changes = plan_accounts(requests, directory, rules, schema, countries)
    for _round in range(_ROUNDS):
        holders = list(reader.holders(collect_new_names(changes)))
        if not holders:
            break
        directory.add(holders)
        changes = plan_accounts(requests, directory, rules, schema, countries)
    return changes


def _password(change: AccountChange, rules: Rules, helpers: Helpers) -> str:
    if rules.password == GIVEN:
        return change.request.password or ""
    names = (change.sam or "", *change.after.get("displayName", ()), change.request.upn.partition("@")[0])
    return helpers.new_password(rules.shortest_password, names)


def _settle(journal_writer: JournalWriter, place: tuple[str, str], changes: Sequence[AccountChange]) -> None:
    """Settle the open journal lines of killed runs whose objects this run has read."""
    usable = [change for change in changes if change.status not in (REFUSED, *APART)]
    journal_writer.settle(place, ACCOUNT, {change.request.upn: _state(change.found) for change in usable})
    found = [change.found for change in usable if change.found]
    for name in (*WRITTEN, CONTROL, MANAGER):
        held = {guid_text(each.guid): journal_value(name, texts(each, name)) for each in found}
        journal_writer.settle(place, name, held)


def _state(found: AdObject | None) -> AccountState | None:
    return account_state(found.distinguished_name, found.attributes) if found else None


def _with_accounts(session: Session, domain: str, changes: Sequence[AccountChange]) -> list[AccountChange]:
    """Return the changes with the created accounts, including their GUIDs, as the server that created them has them."""
    made = [change.request.upn for change in changes if change.status == CREATED]
    found = AccountDirectory(Reader(session, domain, made, AD_ATTRIBUTES, others=()).accounts() if made else ())
    return [
        replace(change, found=next(iter(found.named(change.request.upn)), None)) if change.status == CREATED else change
        for change in changes
    ]


def _unused_passwords(given: GivenPasswords, requests: Sequence[AccountRequest]) -> list[str]:
    lines = given.unused_lines(request.upn for request in requests)
    if not lines:
        return []
    word = "lines" if len(lines) > 1 else "line"
    return [
        f"Some passwords of given_passwords_file were not used, because users does not contain their users: {word} "
        f"{join_names([str(line) for line in lines])}."
    ]


def _missing(plan: AccountPlan) -> list[str]:
    names = plan.decided.missing
    return (
        [f"The reviewed plan has users who are not in this run ({len(names)}): {join_names(names)}."] if names else []
    )


def _warnings(changes: Sequence[AccountChange], rules: Rules) -> list[str]:
    told = []
    disabled = disabled_in_cloud(changes)
    if disabled:
        # facts §13
        told.append(
            f"{amount(len(disabled), 'account')} {plural(len(disabled), 'is', 'are')} disabled in AD, and the cloud "
            f"{plural(len(disabled), 'user is', 'users are')} enabled ({join_names(disabled)}): the next sync disables "
            f"the cloud {plural(len(disabled), 'user', 'users')} too."
        )
    made = [change for change in changes if change.status == CREATED]
    replaced = [change for change in made if change.effects]
    if replaced:
        told.append(
            f"{amount(len(replaced), 'new account')} "
            f"{plural(len(replaced), 'has a random password', 'have random passwords')}. With password hash "
            "synchronization, the next sync replaces the cloud passwords with these. Give the users their new "
            "passwords before that, because they can then no longer sign in with the old ones."
        )
    if made and rules.must_change:
        # facts §13: NF
        told.append(
            "Microsoft does not document what 'user must change password at next logon' does to the cloud password of "
            "a matched user. Try it with one user first."
        )
    left_out = [change for change in changes if change.left_out]
    if left_out:
        names = sorted({name for change in left_out for name in change.left_out})
        told.append(
            f"Some values of {amount(len(left_out), 'user')} are not written, or not as they are in Entra ID: "
            f"{', '.join(names)}. The end of the table says why."
        )
    return told
