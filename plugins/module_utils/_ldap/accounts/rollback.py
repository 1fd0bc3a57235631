# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out a rollback of accounts. Each removal and each value is journaled before it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..._identity.accounts.directory import AccountDirectory
from ..._identity.accounts.restorable import restored_addresses
from ..._identity.accounts.restores import (
    FAILED,
    REFUSED,
    REMOVED,
    AccountRestore,
    build_result,
    diff_restores,
    is_made,
    plan_rollback,
)
from ..._identity.accounts.state import ACCOUNT
from ..._identity.accounts.values import CONTROL, UPN
from ..._identity.ad.faults import has_guid
from ..._identity.ad.objects import AdObject
from ..._identity.core import journal
from ..._identity.core.errors import IdentityError, telling
from ..._identity.core.identities.anchors import guid_text, parse_guid
from ..._identity.core.interrupted import mark_interrupted
from ..._identity.core.journal import JournalEntry, JournalError, JournalWriter, Line, describe_unfinished
from ..._identity.core.limits import check_max_changes, read_limit
from ..._identity.core.rollback import Undo, build_undos, check_place
from ..protection.shield import try_read_shield
from ..session import filters
from ..session.connection import LdapOptions, Session, connected
from ..session.errors import ConnectionLost, LdapError
from ..session.forest import domain_place, naming_contexts
from ..session.modifications import OVERTAKEN, object_name, value_changes
from ..session.search import paged_entries
from .writer import CHUNK

# All attributes of an account, and those that show whether it was changed since it was created.
_ALL = ("*", "whenCreated", "pwdLastSet", "memberOf")
_LOST = ("not_tried", "Not tried, because the connection was lost before.")


def roll_back_accounts(
    params: Mapping[str, Any],
    lines: Sequence[Line],
    journal_writer: JournalWriter | None = None,
    *,
    max_changes: str | None = None,
    max_refused: str = "0",
    check_mode: bool = False,
) -> dict[str, Any]:
    """Undo runs of ``ad_user`` by the ``lines`` of their journal and return the module's result.

    Remove the accounts that the runs created and that were not changed since. In accounts that the runs updated, put
    the former values back.

    :raises InputError: if the run changed another domain.
    :raises LimitExceeded: if more accounts would change than ``max_changes`` allows; nothing was written.
    :raises IdentityError: if more accounts cannot be restored than ``max_refused`` allows; nothing was written.
    :raises LdapError: if the directory cannot be read, or if a write fails.
    """
    limit = read_limit(max_refused, "max_refused")
    with connected(LdapOptions.from_params(params, writes=True)) as session:
        domain = naming_contexts(session).default
        place = domain_place(session, domain)
        check_place(lines, place)
        wanted = build_undos(lines)
        enables = any(undo.attribute == CONTROL for undo in wanted)
        shield = try_read_shield(session, domain) if enables else None
        restores = plan_rollback(wanted, AccountDirectory(_read(session, domain, wanted)), domain, shield)
        refused = [restore for restore in restores if restore.status == REFUSED]
        if len(refused) > limit.most(len(restores)):
            raise IdentityError(
                f"{len(refused)} of {len(restores)} accounts cannot go back, and nothing was written, because "
                f"max_refused allows {limit.describe(len(restores))}: {refused[0].reason} Raise max_refused to go on "
                "without them.",
                changed=False,
                **_unwritten(restores),
            )
        count = sum(restore.changed for restore in restores)
        check_max_changes(max_changes, count, len(restores), lambda: {"changed": False, **_unwritten(restores)})
        warnings: list[str] = []
        if not check_mode:
            # Changed in place, so that what was done is known if the task stops in the middle.
            restores, unfinished = list(restores), {number for number, each in enumerate(restores) if each.changed}
            with telling(lambda: _so_far(restores, unfinished)):
                _carry_out(session, restores, unfinished, place, journal_writer, warnings)
    result = {"changed": any(restore.changed for restore in restores), **build_result(restores)}
    if warnings:
        result["warnings"] = warnings
    failed = [restore for restore in restores if restore.status == FAILED]
    if failed:
        raise LdapError(
            f"{len(failed)} of {len(restores)} accounts did not go back: {failed[0].reason} Running the task again "
            "does the rest.",
            failed[0].cause or FAILED,
            **result,
        )
    return {**result, "diff": diff_restores(restores)}


def _unwritten(restores: Sequence[AccountRestore]) -> dict[str, Any]:
    return build_result([restore.unplanned() if restore.changed else restore for restore in restores])


def _read(session: Session, domain: str, wanted: Sequence[Undo]) -> list[AdObject]:
    """Read the accounts of the undos, and the objects that hold addresses which would be put back."""
    return [
        AdObject(entry.distinguished_name, entry.attributes)
        for chosen in filters.any_of_each(condition for undo in wanted for condition in _conditions(undo))
        for entry in paged_entries(session, domain, chosen, _ALL)
        if has_guid(entry.attributes)
    ]


def _so_far(restores: Sequence[AccountRestore], unfinished: set[int]) -> dict[str, Any]:
    done = mark_interrupted(restores, unfinished)
    return {"changed": any(restore.changed for restore in done), **build_result(done)}


def _conditions(undo: Undo) -> list[str]:
    return [
        filters.equals(UPN, undo.id) if is_made(undo) else filters.equals("objectGUID", parse_guid(undo.id).bytes_le),
        *(condition for address in restored_addresses(undo) for condition in filters.has_address(address)),
    ]


def _carry_out(
    session: Session,
    done: list[AccountRestore],
    unfinished: set[int],
    place: tuple[str, str],
    journal_writer: JournalWriter | None,
    warnings: list[str],
) -> None:
    """Carry out the restores, and put the outcome of each in its place. After a lost connection or journal, stop.

    ``unfinished`` has the positions without an outcome. A sentence is added to ``warnings`` if the outcomes could not
    be journaled.
    """
    positions = sorted(unfinished)
    stop: tuple[str, str] | None = None
    for start in range(0, len(positions), CHUNK):
        chunk = positions[start : start + CHUNK]
        entries = {position: _entries(done[position], place) for position in chunk}
        tickets: Iterator[int] = iter(())
        if journal_writer and not stop:
            try:
                tickets = iter(journal_writer.begin([each for own in entries.values() for each in own]))
            except JournalError as error:
                stop = ("journal_failed", error.message)
        outcomes: dict[int, str] = {}
        for position in chunk:
            if stop:
                word, done[position] = journal.ABORTED, done[position].failed(*stop)
            else:
                word, done[position] = _one(session, done[position])
                stop = _LOST if word == journal.UNKNOWN else None
            unfinished.discard(position)
            outcomes.update({ticket: word for _entry, ticket in zip(entries[position], tickets, strict=False)})
        if journal_writer and outcomes:
            try:
                journal_writer.complete(outcomes)
            except JournalError as error:
                warnings[:] = [describe_unfinished(error)]


def _one(session: Session, restore: AccountRestore) -> tuple[str, AccountRestore]:
    found = restore.found
    if found is None:
        raise ValueError("a restore without an account was to be carried out")
    name = object_name(found.guid)
    try:
        if restore.status == REMOVED:
            session.delete(name, found.distinguished_name)
        else:
            values = {key: [value.encode() for value in given or ()] for key, given in restore.after.items()}
            session.modify(name, value_changes(found.attributes, values), found.distinguished_name)
    except ConnectionLost as error:
        return journal.UNKNOWN, restore.failed(error.cause, error.message)
    except LdapError as error:
        if error.result_code in OVERTAKEN:
            reason = f"{found.distinguished_name} was changed while this task ran, so it stays; run the task again."
            return journal.REFUSED, restore.failed("changed_meanwhile", reason)
        return journal.REFUSED, restore.failed(error.cause, error.message)
    return journal.WRITTEN, restore


def _entries(restore: AccountRestore, place: tuple[str, str]) -> list[JournalEntry]:
    upn = restore.user_principal_name
    if restore.status == REMOVED:
        return [JournalEntry(upn or "", upn, ACCOUNT, restore.state, None, place)]
    key = guid_text(restore.found.guid) if restore.found else ""
    return [JournalEntry(key, upn, name, restore.before[name], after, place) for name, after in restore.after.items()]
