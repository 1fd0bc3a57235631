# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback returns: people with the values that go back, counts, a table, a diff, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypedDict

from ..accounts.state import ACCOUNT
from ..ad.objects import AdObject, FoundUser
from ..ad.users import AnchorChange
from ..core.decision import Plan, Proposal, Terms, decide
from ..core.identities.anchors import CONSISTENCY_GUID, guid_text
from ..core.outcomes import REMOVED
from ..core.records import consistency_text
from ..core.review.changes import Write
from ..core.text.counts import amount, counted, plural
from ..core.text.diffs import Diff, list_diff
from ..core.text.outcome_table import users_table
from ..core.text.sentences import join_reasons
from ..entra.immutable_id_plan import PROPERTY, ImmutableIdChange
from .account_restores import AccountRestore
from .user_rollback import STATUSES, Part, UserRollback


class RestoredValue(TypedDict):
    """A value that goes back, as the journal has values. ``id``: the object id, or the objectGUID."""

    attribute: str
    id: str | None
    before: Any
    after: Any


class RollbackRecord(TypedDict):
    """One person in the result. ``id`` is the cloud user's object id."""

    user_principal_name: str
    id: str | None
    object_guid: str | None
    distinguished_name: str | None
    status: str
    changed: bool
    cause: str | None
    reason: str | None
    writes: list[RestoredValue]


def decide_rollback(users: Sequence[UserRollback], terms: Terms) -> Plan:
    """Return the decision: its verdict says why nothing may be put back; empty if it may."""
    return decide([_proposal(user) for user in users], terms, "users")


def describe_failures(users: Sequence[UserRollback]) -> str:
    """Return one sentence about the people who were not put back although it was tried; empty if all were."""
    failed = [(user.name, why) for user in users if (why := user.failure()) is not None]
    if not failed:
        return ""
    return (
        f"{len(failed):,} of {amount(len(users), 'user')} {plural(len(failed), 'was', 'were')} not restored, or only "
        f"partly: {join_reasons(failed)} Run the task again to restore the rest."
    )


def build_result(users: Sequence[UserRollback], verdict: str, run: str, allowed: bool) -> dict[str, Any]:
    """Return ``changed, users, summary, table, verdict, diff`` of the module's result. ``run``: what is rolled back.

    If the plan is not ``allowed``, nothing has changed.
    """
    records = [make_record(user) for user in users]
    if not allowed:
        records = [{**record, "changed": False} for record in records]
    return {
        "changed": any(record["changed"] for record in records),
        "users": records,
        "summary": counted((record["status"] for record in records), STATUSES),
        "table": users_table(records),
        "verdict": verdict,
        "diff": _diff(records, run),
    }


def make_record(user: UserRollback) -> RollbackRecord:
    part = user.deciding
    status = user.status
    restore = next((each.found for each in user.accounts if each.found), None)
    anchor = next((each.found for each in user.anchors if each.found), None)
    target = next((each.target for each in user.immutable_ids if each.target), None)
    guid = restore.guid if restore else anchor.guid if anchor else None
    return RollbackRecord(
        user_principal_name=user.name,
        id=target.id if target else None,
        object_guid=guid_text(guid) if guid else None,
        distinguished_name=_name_of(restore, anchor),
        status=status,
        changed=user.changed,
        cause=part.cause if part else None,
        reason=part.reason if part else None,
        writes=[value for each in user.parts if each.changed for value in _values(each)],
    )


def _name_of(account: AdObject | None, anchor: FoundUser | None) -> str | None:
    if account:
        return account.distinguished_name
    return anchor.user.distinguished_name if anchor else None


def _proposal(user: UserRollback) -> Proposal:
    record = make_record(user)
    writes = tuple(
        Write(each["attribute"], each["id"] or "", _text(each["before"]), _text(each["after"]))
        for each in record["writes"]
    )
    return Proposal(name=user.name, status=record["status"], writes=writes, refusal=user.refusal)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _values(part: Part) -> Iterator[RestoredValue]:
    if isinstance(part, ImmutableIdChange):
        key = part.target.id if part.target else None
        yield RestoredValue(attribute=PROPERTY, id=key, before=part.before, after=part.after)
    elif isinstance(part, AnchorChange):
        key = guid_text(part.found.guid) if part.found else None
        before, after = consistency_text(part.before), consistency_text(part.after)
        yield RestoredValue(attribute=CONSISTENCY_GUID, id=key, before=before, after=after)
    else:
        yield from _values_of_account(part)


def _values_of_account(restore: AccountRestore) -> Iterator[RestoredValue]:
    key = guid_text(restore.found.guid) if restore.found else None
    if restore.status == REMOVED and restore.found:
        yield RestoredValue(attribute=ACCOUNT, id=key, before=restore.found.distinguished_name, after=None)
    for name, after in restore.after.items():
        yield RestoredValue(attribute=name, id=key, before=restore.before[name], after=after)


def _diff(records: Iterable[RollbackRecord], run: str) -> Diff:
    before, after = [], []
    for record in sorted(records, key=lambda each: each["user_principal_name"].casefold()):
        for value in record["writes"]:
            line = f"{record['user_principal_name']}: {value['attribute']}"
            before += [f"{line}: {each}" for each in _listed(value["before"])]
            after += [f"{line}: {each}" for each in _listed(value["after"])]
    return list_diff(f"rollback of {run}", before, after)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]
