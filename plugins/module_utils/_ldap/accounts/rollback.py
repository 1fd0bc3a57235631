# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out a rollback of accounts. Each removal and each value is journaled before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._identity.accounts.directory import AccountDirectory
from ..._identity.accounts.restores import (
    ATTRIBUTES,
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
from ..._identity.accounts.values import UPN
from ..._identity.ad.faults import has_guid
from ..._identity.ad.users import AdObject
from ..._identity.core import journal
from ..._identity.core.anchors import guid_text, parse_guid
from ..._identity.core.errors import INTERRUPTED, INTERRUPTED_REASON, IdentityError, telling
from ..._identity.core.journal import Journal, JournalEntry, JournalWriter
from ..._identity.core.limits import check_max_changes
from ..._identity.core.rollback import Undo, build_undos, choose_lines
from ..session import filters
from ..session.connection import LdapOptions, Session, connected
from ..session.errors import ATTRIBUTE_OR_VALUE_EXISTS, NO_SUCH_ATTRIBUTE, ConnectionLost, LdapError
from ..session.forest import naming_contexts
from ..session.modifications import object_name, value_changes
from ..session.search import paged_entries
from .reader import CONDITIONS
from .writer import CHUNK

# All attributes of an account, and those that show whether it was changed since it was created.
_ALL = ("*", "whenCreated", "pwdLastSet", "memberOf")


def roll_back_accounts(
    params: Mapping[str, Any],
    found: Journal,
    rollback: str,
    journal_writer: JournalWriter | None = None,
    *,
    max_changes: str | None = None,
    skip_refused: bool = False,
    check_mode: bool = False,
) -> dict[str, Any]:
    """Undo runs of ``ad_user`` by their journal and return the module's result.

    Remove the accounts that the runs created and that were not changed since. In accounts that the runs updated, put
    the former values back.

    :raises InputError: if the journal has no such run, or if the run changed another domain.
    :raises LimitExceeded: if more accounts would change than ``max_changes`` allows; nothing was written.
    :raises IdentityError: if an account cannot be restored and ``skip_refused`` is false; nothing was written.
    :raises LdapError: if the directory cannot be read, or if a write fails.
    """
    with connected(LdapOptions.from_params(params, writes=True)) as session:
        domain = naming_contexts(session).default
        wanted = build_undos(choose_lines(found, rollback, ATTRIBUTES, ("domain", domain)))
        restores = plan_rollback(wanted, AccountDirectory(_read(session, domain, wanted)))
        refused = [restore for restore in restores if restore.status == REFUSED]
        if refused and not skip_refused:
            raise IdentityError(
                f"{len(refused)} of {len(restores)} accounts cannot go back, and nothing was written: "
                f"{refused[0].reason} Set on_refused to skip to go on without them.",
                changed=False,
                **_unwritten(restores),
            )
        count = sum(restore.changed for restore in restores)
        check_max_changes(max_changes, count, len(restores), lambda: {"changed": False, **_unwritten(restores)})
        if not check_mode:
            # Changed in place, so that what was done is known if the task stops in the middle.
            restores, open_places = list(restores), {place for place, each in enumerate(restores) if each.changed}
            with telling(lambda: _so_far(restores, open_places)):
                _carry_out(session, restores, open_places, domain, journal_writer)
    result = {"changed": any(restore.changed for restore in restores), **build_result(restores)}
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
    conditions = list(
        dict.fromkeys(
            filters.equals(UPN, undo.id)
            if is_made(undo)
            else filters.equals("objectGUID", parse_guid(undo.id).bytes_le)
            for undo in wanted
        )
    )
    found = []
    for start in range(0, len(conditions), CONDITIONS):
        chosen = filters.any_of(conditions[start : start + CONDITIONS])
        found += [
            AdObject(entry.distinguished_name, entry.attributes)
            for entry in paged_entries(session, domain, chosen, _ALL)
            if has_guid(entry.attributes)
        ]
    return found


def _so_far(restores: Sequence[AccountRestore], open_places: set[int]) -> dict[str, Any]:
    done = [
        restore.failed(INTERRUPTED, INTERRUPTED_REASON) if place in open_places else restore
        for place, restore in enumerate(restores)
    ]
    return {"changed": any(restore.changed for restore in done), **build_result(done)}


def _carry_out(
    session: Session,
    done: list[AccountRestore],
    open_places: set[int],
    domain: str,
    journal_writer: JournalWriter | None,
) -> None:
    """Write the restores, and put the outcome of each in its place; ``open_places`` are those without one yet."""
    places = sorted(open_places)
    for start in range(0, len(places), CHUNK):
        chunk = places[start : start + CHUNK]
        entries = {place: _entries(done[place], domain) for place in chunk}
        tickets = iter(
            journal_writer.begin([each for own in entries.values() for each in own]) if journal_writer else ()
        )
        owned = {place: [next(tickets) for _entry in own] if journal_writer else [] for place, own in entries.items()}
        outcomes: dict[int, str] = {}
        lost = False
        for place in chunk:
            told, done[place] = (
                (journal.ABORTED, done[place].failed("not_tried", "Not tried, because the connection was lost before."))
                if lost
                else _one(session, done[place])
            )
            open_places.discard(place)
            lost = lost or told == journal.UNKNOWN
            outcomes.update(dict.fromkeys(owned[place], told))
        if journal_writer:
            journal_writer.complete(outcomes)
        if lost:
            for place in places[start + CHUNK :]:
                done[place] = done[place].failed("not_tried", "Not tried, because the connection was lost before.")
            return


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
        if error.result_code in (NO_SUCH_ATTRIBUTE, ATTRIBUTE_OR_VALUE_EXISTS):
            reason = f"{found.distinguished_name} was changed while this task ran, so it stays; run the task again."
            return journal.REFUSED, restore.failed("changed_meanwhile", reason)
        return journal.REFUSED, restore.failed(error.cause, error.message)
    return journal.WRITTEN, restore


def _entries(restore: AccountRestore, domain: str) -> list[JournalEntry]:
    place = ("domain", domain)
    upn = restore.user_principal_name
    if restore.status == REMOVED:
        return [JournalEntry(upn or "", upn, ACCOUNT, restore.state, None, place)]
    key = guid_text(restore.found.guid) if restore.found else ""
    return [JournalEntry(key, upn, name, restore.before[name], after, place) for name, after in restore.after.items()]
