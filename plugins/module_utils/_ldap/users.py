# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind ad_user_guid: find users, plan, refuse, and write what the plan says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity import ad_users
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import CONSISTENCY_GUID
from ansible_collections.hybrid.identity.plugins.module_utils._identity.diffs import users_diff
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import Recorder
from ansible_collections.hybrid.identity.plugins.module_utils._identity.limits import check_max_changes, read_limit
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.connection import LdapOptions, connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.errors import LdapError
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.forest import naming_contexts
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.stamper import Stamper
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.user_jobs import Job
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.user_lookup import Lookup


@dataclass(frozen=True)
class Terms:
    """How a job is done, whatever it is."""

    source_anchor: str = "auto"
    with_attributes: bool = False
    max_changes: str | None = None
    skip_refused: bool = False
    check_mode: bool = False


def manage_users(params: Mapping[str, Any], job: Job, terms: Terms, recorder: Recorder | None = None) -> dict[str, Any]:
    """Find the users of a job, write what is planned, and return the module's result.

    ``params`` holds the connection options; ``recorder`` is told of every change.

    :raises InputError: for options that cannot be meant.
    :raises IdentityError: if users may not go on and are not to be skipped, or more would change than ``max_changes``
        allows; ``users`` and ``summary`` are details, and nothing was written.
    :raises LdapError: if the directory cannot be asked, or a write fails; after the first write with those details too.
    """
    if terms.max_changes is not None:
        read_limit(terms.max_changes)
    with connected(LdapOptions.from_params(params)) as session:
        domain = naming_contexts(session).default
        users = job.planned(Lookup(session, domain, terms.source_anchor, terms.with_attributes))
        _check(users, terms)
        warnings: list[str] = []
        if not terms.check_mode:
            stamper = Stamper(session, domain, recorder, job.yields)
            users = stamper.written(users)
            warnings = stamper.warnings
    result = {"changed": _changes(users) > 0, **ad_users.outcome(users)}
    if warnings:
        result["warnings"] = warnings
    _raise_failures(users, result)
    return {**result, "diff": users_diff(CONSISTENCY_GUID, result["users"])}


def _check(users: Sequence[AdUser], terms: Terms) -> None:
    sentence = ad_users.refusal_sentence(users)
    if sentence and not terms.skip_refused:
        # What was planned for the others did not happen.
        left = [user.unplanned() if user.changes else user for user in users]
        raise IdentityError(sentence, changed=False, **ad_users.outcome(left))
    check_max_changes(terms.max_changes, _changes(users), len(users), lambda: _unwritten(users))


def _unwritten(users: Sequence[AdUser]) -> dict[str, Any]:
    planned = ad_users.outcome(users)
    return {**planned, "changed": False, "users": [{**user, "changed": False} for user in planned["users"]]}


def _raise_failures(users: Sequence[AdUser], result: Mapping[str, Any]) -> None:
    failed = [user for user in users if user.status == ad_users.FAILED]
    if not failed:
        return
    raise LdapError(
        f"{CONSISTENCY_GUID} of {len(failed)} users was not written, of {_changes(users)} it was: {failed[0].reason} "
        f"The users that were written are marked {ad_users.STAMPED} or {ad_users.PUT_BACK} in users; running the task "
        "again does the rest.",
        failed[0].cause or ad_users.FAILED,
        **result,
    )


def _changes(users: Sequence[AdUser]) -> int:
    return sum(user.changes for user in users)
