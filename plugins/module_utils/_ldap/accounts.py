# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind ad_user: read what matters, plan, refuse, and make or fill accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_directory import AccountDirectory, texts
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_paths import read_paths
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_plan import (
    Rules,
    disabled_in_cloud,
    new_names,
    plan_accounts,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_state import (
    ACCOUNT,
    account_state,
    journal_value,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_steps import (
    CREATED,
    FAILED,
    Step,
    accounts_diff,
    outcome,
    refusal_sentence,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_values import (
    CONTROL,
    MANAGER,
    WRITTEN,
    Countries,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_wishes import (
    GIVEN,
    RANDOM,
    AccountWish,
    read_account_wishes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import guid_text
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError, InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.given_passwords import GivenPasswords
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import Recorder
from ansible_collections.hybrid.identity.plugins.module_utils._identity.limits import check_max_changes, read_limit
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.account_reader import (
    Reader,
    check_paths,
    read_domain,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.account_writer import Keeper, Writer
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.connection import LdapOptions, connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.errors import LdapError

_ROUNDS = 4


@dataclass(frozen=True)
class Helpers:
    """What the controller lends: a table of countries, random passwords (shortest length, names to keep out), a
    journal, a file that keeps random passwords, and the given passwords."""

    countries: Countries
    new_password: Callable[[int, Sequence[str]], str]
    recorder: Recorder | None = None
    keeper: Keeper | None = None
    given: GivenPasswords | None = None


def manage_accounts(
    params: Mapping[str, Any], task: Mapping[str, Any], helpers: Helpers, check_mode: bool = False
) -> dict[str, Any]:
    """Make the accounts that are missing, fill those that exist, and return the module's result.

    ``params`` holds the connection options, ``task`` the module's own (``users``, ``path`` and so on).

    :raises InputError: for options that cannot be meant, a container that is not there, or too many changes.
    :raises IdentityError: if users are refused and ``on_refused`` is ``fail``; ``users`` and ``summary`` are details.
    :raises LdapError: if the directory cannot be asked, or a write fails; after the first write with those details too.
    """
    rules = _rules(task)
    given = helpers.given or GivenPasswords()
    wishes = read_account_wishes(task["users"], given)
    unused = _unused_passwords(given, wishes)
    if task["max_changes"] is not None:
        read_limit(task["max_changes"])
    options = LdapOptions.from_params(params)
    with connected(options) as session:
        domain = read_domain(session)
        check_paths(session, rules.paths, domain.dn)
        rules = replace(rules, shortest_password=domain.shortest_password)
        reader = Reader(session, domain.dn)
        steps = _planned(reader, wishes, rules, domain.schema, helpers.countries)
        sentence = refusal_sentence(steps)
        if sentence and task["on_refused"] != "skip":
            # A name that is misspelt in the file of passwords leaves its user without one.
            details = {"warnings": unused, **outcome([step.unplanned() for step in steps])}
            raise IdentityError(sentence, changed=False, **details)
        check_max_changes(
            task["max_changes"],
            sum(step.changes for step in steps),
            len(steps),
            lambda: {"changed": False, **outcome([step.unplanned() for step in steps])},
        )
        writer = Writer(
            options,
            domain.dn,
            lambda step: _password(step, rules, helpers),
            rules.must_change,
            helpers.recorder,
            helpers.keeper,
        )
        if not check_mode:
            if helpers.recorder:
                _settle(helpers.recorder, steps)
            steps = _with_accounts(reader, writer.write(session, steps))
    return _result(steps, [*_warnings(steps, rules), *unused], writer.broken)


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
        kept=bool(task["password_file"]),
        must_change=task["password_must_change"],
    )


def _planned(
    reader: Reader,
    wishes: Sequence[AccountWish],
    rules: Rules,
    schema: Mapping[str, int | None],
    countries: Countries,
) -> list[Step]:
    """The plan, made anew for as long as it gives names that nobody has looked for yet."""
    directory = AccountDirectory(reader.people(wishes))
    steps = plan_accounts(wishes, directory, rules, schema, countries)
    for _round in range(_ROUNDS):
        holders = list(reader.holders(new_names(steps)))
        if not holders:
            break
        directory.add(holders)
        steps = plan_accounts(wishes, directory, rules, schema, countries)
    return steps


def _password(step: Step, rules: Rules, helpers: Helpers) -> str:
    if rules.password == GIVEN:
        return step.wish.password or ""
    names = (step.sam or "", *step.after.get("displayName", ()), step.wish.upn.partition("@")[0])
    return helpers.new_password(rules.shortest_password, names)


def _settle(recorder: Recorder, steps: Sequence[Step]) -> None:
    """Tell the journal what came of runs that were killed, as far as this run has read it."""
    usable = [step for step in steps if step.status != "refused"]
    recorder.settle(ACCOUNT, {step.wish.upn: _state(step.found) for step in usable})
    found = [step.found for step in usable if step.found]
    for name in (*WRITTEN, CONTROL, MANAGER):
        recorder.settle(name, {guid_text(each.guid): journal_value(name, texts(each, name)) for each in found})


def _state(found: AdObject | None) -> Any:
    return account_state(found.distinguished_name, found.attributes) if found else None


def _with_accounts(reader: Reader, steps: Sequence[Step]) -> list[Step]:
    """The steps with the accounts that were made, and so their GUIDs, read from the server that made them."""
    made = [step.wish.upn for step in steps if step.status == CREATED]
    found = AccountDirectory(reader.made(made)) if made else AccountDirectory()
    return [
        replace(step, found=next(iter(found.named(step.wish.upn)), None)) if step.status == CREATED else step
        for step in steps
    ]


def _result(steps: Sequence[Step], warnings: Sequence[str], broken: IdentityError | None) -> dict[str, Any]:
    result = {"changed": any(step.changes for step in steps), **outcome(steps)}
    failed = [step for step in steps if step.status == FAILED]
    if broken or failed:
        done = sum(step.changes for step in steps)
        why = broken.message if broken else failed[0].reason
        cause = (broken.details.get("cause") if broken else failed[0].cause) or FAILED
        raise LdapError(
            f"{len(failed)} of {len(steps)} accounts were not written, {done} were: {why} The users that were written "
            "are marked in users; running the task again does the rest.",
            cause,
            **result,
        )
    return {**result, "diff": accounts_diff(steps), **({"warnings": warnings} if warnings else {})}


def _unused_passwords(given: GivenPasswords, wishes: Sequence[AccountWish]) -> list[str]:
    lines = given.unused_lines(wish.upn for wish in wishes)
    if not lines:
        return []
    word = "lines" if len(lines) > 1 else "line"
    return [
        f"Passwords of given_passwords_file were not used, because users does not contain their users: {word} "
        f"{_some([str(line) for line in lines])}."
    ]


def _warnings(steps: Sequence[Step], rules: Rules) -> list[str]:
    told = []
    disabled = disabled_in_cloud(steps)
    if disabled:
        # facts §13
        told.append(
            f"{len(disabled)} accounts are disabled in AD whose cloud users are enabled ({_some(disabled)}): the next "
            "sync disables the cloud users too."
        )
    made = [step for step in steps if step.status == CREATED]
    if made and rules.password == RANDOM and not rules.kept:
        told.append(
            f"{len(made)} accounts have random passwords that nobody knows: with password hash sync, the cloud "
            "password of each is replaced by one of these. Set passwords before that, or name a password_file."
        )
    if made and rules.must_change:
        # facts §13: NF
        told.append(
            "What 'user must change password at next logon' does to the cloud password of a user who is matched is "
            "not documented by Microsoft; try it with one user first."
        )
    left_out = [step for step in steps if step.left_out]
    if left_out:
        names = sorted({name for step in left_out for name in step.left_out})
        told.append(f"Of {len(left_out)} users, {', '.join(names)} is not written; left_out of each in users says why.")
    return told


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
