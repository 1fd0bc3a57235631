# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying a rollback of accounts out: each removal and each value is journaled before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity import journal
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_directory import AccountDirectory
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_rollback import (
    ATTRIBUTES,
    FAILED,
    REFUSED,
    REMOVED,
    Return,
    is_made,
    outcome,
    plan_rollback,
    rollback_diff,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_state import ACCOUNT
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_values import UPN
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import guid_text, parse_guid
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import Change, Journal, Recorder
from ansible_collections.hybrid.identity.plugins.module_utils._identity.limits import check_max_changes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback import Undo, chosen_lines, undos
from ansible_collections.hybrid.identity.plugins.module_utils._ldap import filters
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.account_reader import CONDITIONS
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.account_writer import CHUNK
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.connection import LdapOptions, Session, connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.errors import ConnectionLost, LdapError
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.forest import naming_contexts
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.search import paged_entries

# Everything an account holds, and when it was made.
_ALL = ("*", "whenCreated", "pwdLastSet", "memberOf")


def roll_back_accounts(
    params: Mapping[str, Any],
    found: Journal,
    rollback: str,
    recorder: Recorder | None = None,
    *,
    max_changes: str | None = None,
    skip_refused: bool = False,
    check_mode: bool = False,
) -> dict[str, Any]:
    """Undo runs of ``ad_user`` by their journal and return the module's result.

    Exactly the accounts that the runs made and that nobody has changed since are removed; of the others, the attributes
    that the runs wrote get their former values.

    :raises InputError: if the journal has no such run, it was another domain's, or there are too many changes.
    :raises IdentityError: if an account may not go back and ``skip_refused`` is false; nothing was written.
    :raises LdapError: if the directory cannot be asked, or a write fails.
    """
    with connected(LdapOptions.from_params(params)) as session:
        domain = naming_contexts(session).default
        wanted = undos(chosen_lines(found, rollback, ATTRIBUTES, ("domain", domain)))
        returns = plan_rollback(wanted, AccountDirectory(_read(session, domain, wanted)))
        refused = [back for back in returns if back.status == REFUSED]
        if refused and not skip_refused:
            raise IdentityError(
                f"{len(refused)} of {len(returns)} accounts cannot go back, and nothing was written: "
                f"{refused[0].reason} Set on_refused to skip to go on without them.",
                changed=False,
                **_unwritten(returns),
            )
        changes = sum(back.changes for back in returns)
        check_max_changes(max_changes, changes, len(returns), lambda: {"changed": False, **_unwritten(returns)})
        if not check_mode:
            returns = _carried_out(session, returns, domain, recorder)
    result = {"changed": any(back.changes for back in returns), **outcome(returns)}
    failed = [back for back in returns if back.status == FAILED]
    if failed:
        raise LdapError(
            f"{len(failed)} of {len(returns)} accounts did not go back: {failed[0].reason} Running the task again does "
            "the rest.",
            failed[0].cause or FAILED,
            **result,
        )
    return {**result, "diff": rollback_diff(returns)}


def _unwritten(returns: Sequence[Return]) -> dict[str, Any]:
    return outcome([back.unplanned() if back.changes else back for back in returns])


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
        ]
    return found


def _carried_out(session: Session, returns: Sequence[Return], domain: str, recorder: Recorder | None) -> list[Return]:
    done = list(returns)
    places = [place for place, back in enumerate(done) if back.changes]
    for start in range(0, len(places), CHUNK):
        chunk = places[start : start + CHUNK]
        changes = {place: _changes(done[place], domain) for place in chunk}
        tickets = iter(recorder.begin([each for own in changes.values() for each in own]) if recorder else ())
        owned = {place: [next(tickets) for _change in own] if recorder else [] for place, own in changes.items()}
        outcomes: dict[int, str] = {}
        lost = False
        for place in chunk:
            told, done[place] = (
                (journal.ABORTED, done[place].failed("not_tried", "Not tried, because the connection was lost before."))
                if lost
                else _one(session, done[place])
            )
            lost = lost or told == journal.UNKNOWN
            outcomes.update(dict.fromkeys(owned[place], told))
        if recorder:
            recorder.complete(outcomes)
        if lost:
            for place in places[start + CHUNK :]:
                done[place] = done[place].failed("not_tried", "Not tried, because the connection was lost before.")
            break
    return done


def _one(session: Session, back: Return) -> tuple[str, Return]:
    import ldap3

    name = back.found.distinguished_name if back.found else ""
    try:
        if back.status == REMOVED:
            session.delete(name)
        else:
            values = {key: [value.encode() for value in given or ()] for key, given in back.after.items()}
            session.modify(name, {key: [(ldap3.MODIFY_REPLACE, given)] for key, given in values.items()})
    except ConnectionLost as error:
        return journal.UNKNOWN, back.failed(error.cause, error.message)
    except LdapError as error:
        return journal.REFUSED, back.failed(error.cause, error.message)
    return journal.WRITTEN, back


def _changes(back: Return, domain: str) -> list[Change]:
    place = ("domain", domain)
    upn = back.user_principal_name
    if back.status == REMOVED:
        return [Change(upn or "", upn, ACCOUNT, back.state, None, place)]
    key = guid_text(back.found.guid) if back.found else ""
    return [Change(key, upn, name, back.before[name], after, place) for name, after in back.after.items()]
