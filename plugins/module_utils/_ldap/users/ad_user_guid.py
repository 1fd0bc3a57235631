# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind ad_user_guid: find users, plan, refuse, and write the planned values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..._identity.ad.faults import left_out_warnings
from ..._identity.ad.protection import ProtectionTerms
from ..._identity.ad.users import FAILED, AnchorChange, build_result, refusal_sentence
from ..._identity.core.errors import IdentityError, telling
from ..._identity.core.identities.anchors import CONSISTENCY_GUID
from ..._identity.core.journal import JournalWriter
from ..._identity.core.limits import check_max_changes, read_limit
from ..._identity.core.outcomes import STAMPED
from ..._identity.core.records import consistency_text
from ..._identity.core.text.counts import amount
from ..._identity.core.text.diffs import ValueChange, users_diff
from ..session.connection import connected
from ..session.errors import LdapError
from ..session.forest import naming_contexts
from ..session.options import LdapOptions
from .anchor_writer import AnchorWriter
from .jobs import Job
from .lookup import Lookup


@dataclass(frozen=True)
class JobTerms:
    """The options that apply to every kind of job.

    ``max_changes`` and ``max_refused`` are texts as ``limits.read_limit`` takes them.
    """

    source_anchor: str = "auto"
    with_attributes: bool = False
    max_changes: str | None = None
    max_refused: str = "0"
    check_mode: bool = False
    protection: ProtectionTerms = field(default_factory=ProtectionTerms)


def manage_users(
    params: Mapping[str, Any], job: Job, terms: JobTerms, journal_writer: JournalWriter | None = None
) -> dict[str, Any]:
    """Find the users of a job, write the planned values, and return the module's result.

    ``params`` holds the connection options. ``journal_writer`` records every change.

    :raises InputError: if an option is wrong.
    :raises IdentityError: if more users are refused than ``max_refused`` allows, or if more would change than
        ``max_changes`` allows; nothing was written. ``users`` and ``summary`` are details.
    :raises LdapError: if the directory cannot be read, or if a write fails; in that case with the same details.
    """
    if terms.max_changes is not None:
        read_limit(terms.max_changes)
    read_limit(terms.max_refused, "max_refused")
    with connected(LdapOptions.from_params(params, writes=job.writes)) as session:
        domain = naming_contexts(session).default
        protects = job.stamps and not terms.protection.skipped
        lookup = Lookup(session, domain, terms.source_anchor, terms.with_attributes, protects)
        place = lookup.place() if journal_writer else ("domain", "")
        users = job.plan(lookup, terms.protection)
        _check(users, terms)
        warnings = left_out_warnings(lookup.left_out)
        if not terms.check_mode:
            writer = AnchorWriter(session, place, journal_writer, job.yields)
            with telling(lambda: _written(writer.so_far())):
                users = writer.write(users)
            warnings += writer.warnings
    result = _written(users)
    if warnings:
        result["warnings"] = warnings
    _raise_failures(users, result)
    changes = [
        ValueChange(user.name, consistency_text(user.before), consistency_text(user.after))
        for user in users
        if user.changed
    ]
    return {**result, "diff": users_diff(CONSISTENCY_GUID, changes)}


def _written(users: Sequence[AnchorChange]) -> dict[str, Any]:
    return {"changed": _changes(users) > 0, **build_result(users)}


def _check(users: Sequence[AnchorChange], terms: JobTerms) -> None:
    sentence = refusal_sentence(users, terms.max_refused)
    if sentence:
        # The other users were not changed either.
        left = [user.unplanned() if user.changed else user for user in users]
        raise IdentityError(sentence, changed=False, **build_result(left))
    check_max_changes(terms.max_changes, _changes(users), len(users), lambda: _unwritten(users))


def _unwritten(users: Sequence[AnchorChange]) -> dict[str, Any]:
    planned = build_result(users)
    return {**planned, "changed": False, "users": [{**user, "changed": False} for user in planned["users"]]}


def _raise_failures(users: Sequence[AnchorChange], result: Mapping[str, Any]) -> None:
    failed = [user for user in users if user.status == FAILED]
    if not failed:
        return
    raise LdapError(
        f"{CONSISTENCY_GUID} was written for {amount(_changes(users), 'user')}, and not for "
        f"{amount(len(failed), 'user')}: {failed[0].reason} The users that were written have the status {STAMPED} in "
        "users. Run the task again to write the rest.",
        failed[0].cause or FAILED,
        **result,
    )


def _changes(users: Sequence[AnchorChange]) -> int:
    return sum(user.changed for user in users)
