# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind ad_user: read the directory, plan, refuse what may not be done, and create or update accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..._identity.accounts.changes import (
    CREATED,
    FAILED,
    AccountChange,
    build_result,
    count_scope,
    diff_accounts,
    refusal_sentence,
    refuse_effects,
)
from ..._identity.accounts.directory import AccountDirectory, texts
from ..._identity.accounts.given_passwords import GivenPasswords
from ..._identity.accounts.made import list_made
from ..._identity.accounts.paths import read_paths
from ..._identity.accounts.plan import ALWAYS, Rules, collect_new_names, disabled_in_cloud, plan_accounts
from ..._identity.accounts.requests import GIVEN, RANDOM, AccountRequest, read_account_requests
from ..._identity.accounts.state import ACCOUNT, AccountState, account_state, journal_value
from ..._identity.accounts.values import CONTROL, MANAGER, WRITTEN, Countries
from ..._identity.ad.faults import left_out_warnings
from ..._identity.ad.marks import Marker
from ..._identity.ad.objects import AdObject
from ..._identity.ad.protected_accounts import ACCOUNT_ATTRIBUTES
from ..._identity.core import journal
from ..._identity.core.accepted_effects import read_accepted_effects
from ..._identity.core.errors import IdentityError, InputError, UnexpectedError
from ..._identity.core.identities.anchors import guid_text
from ..._identity.core.journal import JournalEntry, JournalError, JournalWriter
from ..._identity.core.limits import check_max_changes, read_limit
from ..._identity.core.outcomes import APART, REFUSED
from ..._identity.core.scope.exclusions import Exclusions, read_exclusions
from ..._identity.core.text.sentences import join_names
from ..groups.named_objects import read_places
from ..protection.shield import try_read_shield
from ..session.connection import LdapOptions, Session, connected
from ..session.errors import LdapError
from ..session.forest import domain_place
from .reader import Reader, check_paths, read_domain
from .writer import AccountWriter, Keeper

_ROUNDS = 4


@dataclass(frozen=True)
class Helpers:
    """What the service needs from the controller.

    ``new_password`` takes the shortest length and the names that a password must not contain. ``keeper`` saves random
    passwords. ``given`` holds the passwords that the caller chose. ``made``: the GUIDs of the accounts that the journal
    records as made.
    """

    countries: Countries
    new_password: Callable[[int, Sequence[str]], str]
    journal_writer: JournalWriter | None = None
    keeper: Keeper | None = None
    given: GivenPasswords | None = None
    made: frozenset[str] = frozenset()


def manage_accounts(
    params: Mapping[str, Any], task: Mapping[str, Any], helpers: Helpers, check_mode: bool = False
) -> dict[str, Any]:
    """Create the accounts that are missing, update those that exist, and return the module's result.

    ``params`` holds the connection options, ``task`` the module's own options (``users``, ``path`` and so on).

    :raises InputError: if an option is wrong, or if a container or an entry of ``exclude`` does not exist.
    :raises LimitExceeded: if more accounts would change than ``max_changes`` allows.
    :raises IdentityError: if more users are refused than ``max_refused`` allows; ``users`` and ``summary`` are details.
    :raises LdapError: if the directory cannot be read, or if a write fails; in that case with the same details.
    """
    rules, accepted = _rules(task), read_accepted_effects(task["accepted_effects"])
    exclusions = read_exclusions(task["exclude"])
    rules = replace(rules, excluded=exclusions.users)
    given = helpers.given or GivenPasswords()
    requests = read_account_requests(task["users"], given)
    unused = _unused_passwords(given, requests)
    if task["max_changes"] is not None:
        read_limit(task["max_changes"])
    read_limit(task["max_refused"], "max_refused")
    options = LdapOptions.from_params(params, writes=True)
    with connected(options) as session:
        domain = read_domain(session)
        place = domain_place(session, domain.dn) if helpers.journal_writer else ("domain", "")
        check_paths(session, rules.paths, domain.dn)
        rules = replace(rules, shortest_password=domain.shortest_password, made=helpers.made)
        more: Sequence[str] = ()
        if rules.update == ALWAYS and rules.made:
            rules, more = replace(rules, shield=try_read_shield(session, domain.dn)), ACCOUNT_ATTRIBUTES
        reader = Reader(session, domain.dn, more, _marker(session, domain.dn, exclusions))
        changes = refuse_effects(_planned(reader, requests, rules, domain.schema, helpers.countries), accepted)
        sentence = refusal_sentence(changes, task["max_refused"])
        if sentence:
            # A user may have been refused because the UPN is misspelled in given_passwords_file.
            details = {"warnings": unused, **build_result([change.unplanned() for change in changes])}
            raise IdentityError(sentence, changed=False, **details)
        check_max_changes(
            task["max_changes"],
            sum(change.changed for change in changes),
            count_scope(changes),
            lambda: {"changed": False, **build_result([change.unplanned() for change in changes])},
        )
        writer = AccountWriter(
            options,
            place,
            lambda change: _password(change, rules, helpers),
            rules.must_change,
            helpers.journal_writer,
            helpers.keeper,
        )
        if not check_mode:
            if helpers.journal_writer:
                _settle(helpers.journal_writer, place, changes)
            changes = writer.write(session, changes)
            try:
                changes = _with_accounts(reader, changes)
            except LdapError as error:
                writer.broken = writer.broken or error
            unused += _note_made(helpers.journal_writer, list_made(changes, place))
    warnings = [*_warnings(changes, rules), *unused, *left_out_warnings(reader.left_out)]
    return _result(changes, warnings, writer.broken)


def _marker(session: Session, domain: str, exclusions: Exclusions) -> Marker | None:
    if not exclusions.ad_groups and not exclusions.units:
        return None
    return Marker(read_places(session, domain, exclusions.ad_groups, exclusions.units), services=False)


def _note_made(journal_writer: JournalWriter | None, entries: Sequence[JournalEntry]) -> list[str]:
    """Record the GUIDs of new accounts. Return a warning if that fails: the accounts are there all the same."""
    if journal_writer is None or not entries:
        return []
    try:
        journal_writer.complete(dict.fromkeys(journal_writer.begin(entries), journal.WRITTEN))
    except JournalError as error:
        return [f"{error.message} The journal lacks the GUIDs of new accounts, so no later run will enable these."]
    return []


def _rules(task: Mapping[str, Any]) -> Rules:
    if task["given_passwords_file"] and task["account_password"] != GIVEN:
        raise InputError("given_passwords_file holds given passwords; set account_password to given, or leave it out.")
    if task["password_file"] and task["account_password"] != RANDOM:
        raise InputError("password_file keeps random passwords; leave it out, or set account_password to random.")
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


def _with_accounts(reader: Reader, changes: Sequence[AccountChange]) -> list[AccountChange]:
    """Return the changes with the created accounts, including their GUIDs, as the server that created them has them."""
    made = [change.request.upn for change in changes if change.status == CREATED]
    found = AccountDirectory(reader.made(made)) if made else AccountDirectory()
    return [
        replace(change, found=next(iter(found.named(change.request.upn)), None)) if change.status == CREATED else change
        for change in changes
    ]


def _result(changes: Sequence[AccountChange], warnings: Sequence[str], broken: IdentityError | None) -> dict[str, Any]:
    result = {"changed": any(change.changed for change in changes), **build_result(changes)}
    failed = [change for change in changes if change.status == FAILED]
    if isinstance(broken, UnexpectedError):
        raise UnexpectedError(broken.origin, **result)
    if broken or failed:
        done = sum(change.changed for change in changes)
        why = broken.message if broken else failed[0].reason
        cause = (broken.details.get("cause") if broken else failed[0].cause) or FAILED
        raise LdapError(
            f"{len(failed)} of {len(changes)} accounts were not written, {done} were: {why} The users that were "
            "written are marked in users; running the task again does the rest.",
            cause,
            **result,
        )
    return {**result, "diff": diff_accounts(changes), **({"warnings": warnings} if warnings else {})}


def _unused_passwords(given: GivenPasswords, requests: Sequence[AccountRequest]) -> list[str]:
    lines = given.unused_lines(request.upn for request in requests)
    if not lines:
        return []
    word = "lines" if len(lines) > 1 else "line"
    return [
        f"Passwords of given_passwords_file were not used, because users does not contain their users: {word} "
        f"{join_names([str(line) for line in lines])}."
    ]


def _warnings(changes: Sequence[AccountChange], rules: Rules) -> list[str]:
    told = []
    disabled = disabled_in_cloud(changes)
    if disabled:
        # facts §13
        told.append(
            f"{len(disabled)} accounts are disabled in AD whose cloud users are enabled ({join_names(disabled)}): the "
            "next sync disables the cloud users too."
        )
    made = [change for change in changes if change.status == CREATED]
    replaced = [change for change in made if change.effects]
    if replaced:
        told.append(
            f"{len(replaced)} new accounts have random passwords, which password hash synchronization makes the cloud "
            "passwords: hand them out before the next sync, for these people can no longer sign in with the old ones."
        )
    if made and rules.must_change:
        # facts §13: NF
        told.append(
            "What 'user must change password at next logon' does to the cloud password of a user who is matched is "
            "not documented by Microsoft; try it with one user first."
        )
    left_out = [change for change in changes if change.left_out]
    if left_out:
        names = sorted({name for change in left_out for name in change.left_out})
        told.append(
            f"Of {len(left_out)} users, {', '.join(names)} is not written as it is; the end of the table says why."
        )
    return told
