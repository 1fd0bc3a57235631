# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and their plan: every reason to leave a user alone, by name, and what holds for all plans."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import (
    CloudUser,
    make_cloud_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
    swapped_immutable_id,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import (
    STATUSES,
    ImmutableIdChange,
    diff_changes,
    plan_changes,
    summarize,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex

GUIDS = [uuid.uuid5(uuid.NAMESPACE_OID, str(number)) for number in range(8)]
VALUES = [immutable_id_of_guid(guid) for guid in GUIDS]


def cloud(number: int, value: str | None = None, synced: bool | None = None, deleted: bool = False) -> CloudUser:
    graph_user = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "userPrincipalName": f"User{number}@contoso.com",
        "onPremisesImmutableId": value,
        "onPremisesSyncEnabled": synced,
    }
    return make_cloud_user(graph_user, deleted)


def named(upn: str, value: str | None = None) -> CloudUser:
    return replace(cloud(1, value), user_principal_name=upn)


def request(number: int, value: int | str | None, **more: Any) -> dict[str, Any]:
    text = VALUES[value] if isinstance(value, int) else value
    return {"user_principal_name": f"user{number}@contoso.com", "immutable_id": text, **more}


CAUSES: list[tuple[str, dict[str, Any], list[CloudUser], str]] = [
    ("no_cloud_user", request(1, 1), [cloud(2)], "There is no active cloud user user1@contoso.com"),
    ("no_cloud_user", request(1, 1), [cloud(1, deleted=True)], "restore the user first"),
    ("synced_user", request(1, 1), [cloud(1, synced=True)], "already synchronised"),
    ("formerly_synced_user", request(1, 1), [cloud(1, synced=False)], "false, not null"),
    (
        "cloud_managed_account",
        request(1, 1, external_directory_object_id="User_00000000-0000-4000-8000-000000000001"),
        [cloud(1)],
        "Cloud Sync created",
    ),
    ("cloud_managed_account", request(1, 1, object_soa="Cloud"), [cloud(1)], "must not be hard-matched"),
    ("different_immutable_id", request(1, 1), [cloud(1, VALUES[2])], "Use replace only if you intend this"),
    ("held_by_user", request(1, 1), [cloud(1), cloud(2, VALUES[1])], "belongs to User2@contoso.com"),
    ("held_by_deleted_user", request(1, 1), [cloud(1), cloud(2, VALUES[1], deleted=True)], "in the recycle bin"),
    ("malformed_immutable_id", request(1, "not base64!"), [cloud(1)], "is not an ImmutableId"),
    ("malformed_immutable_id", request(1, "AAAA"), [cloud(1)], "holds 3 bytes, but a GUID has 16"),
    ("malformed_immutable_id", request(1, None), [cloud(1)], "neither immutable_id nor object_guid"),
    ("malformed_immutable_id", request(1, None, object_guid="x"), [cloud(1)], "is not a GUID"),
    ("malformed_immutable_id", request(1, 1, object_guid=str(GUIDS[2])), [cloud(1)], "remove the wrong one"),
    (
        "malformed_immutable_id",
        request(1, swapped_immutable_id(GUIDS[1]), object_guid=str(GUIDS[1])),
        [cloud(1)],
        "in the wrong order",
    ),
    (
        "malformed_immutable_id",
        request(1, None, object_guid=str(GUIDS[1]), source_anchor="mS-DS-ConsistencyGuid"),
        [cloud(1)],
        "Write it first",
    ),
    (
        "no_user_principal_name",
        {"distinguished_name": "CN=a,DC=x", "immutable_id": VALUES[1]},
        [],
        "has no user principal name",
    ),
    (
        "invalid_upn",
        request(1, 1, user_principal_name="user1$@contoso.com"),
        [named("user1$@contoso.com")],
        "use the object id of the user",
    ),
    ("ad_missing", request(1, None, status="missing", reason="Not there."), [cloud(1)], "Not there."),
    ("ad_ambiguous", request(1, None, status="ambiguous", reason="Two."), [cloud(1)], "Two."),
    ("ad_not_a_user", request(1, None, status="not_a_user", reason="A group."), [cloud(1)], "A group."),
    ("ad_system_account", request(1, None, status="system_account", reason="krbtgt."), [cloud(1)], "krbtgt."),
]


@pytest.mark.parametrize(("cause", "record", "users", "words"), CAUSES)
def test_causes(cause: str, record: dict[str, Any], users: list[CloudUser], words: str) -> None:
    (change,) = plan_changes(read_requests([record]), UserIndex(users))
    assert (change.cause, change.blocked, change.changed) == (cause, True, False)
    assert words in str(change.reason)
    assert change.before == change.after
    assert change.status == ("not_found" if cause in ("no_cloud_user", "ad_missing") else "refused")


@pytest.mark.parametrize(
    ("records", "cause"),
    [
        ([request(1, 1), request(1, 1)], "duplicate_record"),
        ([request(1, 1), {**request(1, 2), "user_principal_name": "USER1@CONTOSO.COM"}], "duplicate_record"),
        ([request(1, 1), {"id": cloud(1).id, "immutable_id": VALUES[2]}], "duplicate_record"),
        ([request(1, 1), request(2, 1)], "value_wanted_twice"),
    ],
)
def test_records_that_quarrel(records: list[dict[str, Any]], cause: str) -> None:
    changes = plan_changes(read_requests(records), UserIndex([cloud(1), cloud(2)]))
    assert {change.cause for change in changes} == {cause}
    assert not any(change.changed for change in changes)


@pytest.mark.parametrize("character", ["$", "+", "%", "&", "ü", " ", "("])
def test_an_ad_upn_that_entra_connect_would_not_keep_stops_only_its_account(character: str) -> None:
    upn = f"a{character}b@contoso.com"
    records = [{"user_principal_name": upn, "immutable_id": VALUES[1]}, request(2, 2)]
    refused, other = plan_changes(read_requests(records), UserIndex([named(upn), cloud(2)]))
    assert (refused.status, refused.cause) == ("refused", "invalid_upn")
    assert f"A sync would replace the UPN {upn} with another one, because it contains {character!r}" in str(
        refused.reason
    )
    assert other.status == "set"


@pytest.mark.parametrize("upn", ["o'brien@contoso.com", "a!#^~_-.b@contoso.com"])
def test_a_upn_that_entra_connect_keeps(upn: str) -> None:
    (change,) = plan_changes(
        read_requests([{"user_principal_name": upn, "immutable_id": VALUES[1]}]), UserIndex([named(upn)])
    )
    assert change.status == "set"


def test_a_upn_is_judged_if_it_is_of_ad_and_something_would_be_written() -> None:
    upn = "a$b@contoso.com"
    record = {"user_principal_name": upn, "immutable_id": VALUES[1]}
    by_id = {**record, "id": cloud(1).id}
    of_ad = {**by_id, "distinguished_name": "CN=a,DC=x"}

    def status(record: dict[str, Any], value: str | None = None, clear: bool = False) -> tuple[str, str | None]:
        (change,) = plan_changes(read_requests([record], clear=clear), UserIndex([named(upn, value)]))
        return change.status, change.cause

    # The name beside an id may be the cloud user's, in whose UPN Graph takes a $.
    assert status(by_id) == ("set", None)
    assert status(of_ad) == ("refused", "invalid_upn")
    # What the record says of an outcome decides nothing.
    assert status({**of_ad, "outcome": "hard_match", "allowed": True}) == ("refused", "invalid_upn")
    assert status(record, VALUES[1]) == ("unchanged", None)
    assert status(record, VALUES[1], clear=True) == ("cleared", None)


def test_a_record_that_names_nobody() -> None:
    with pytest.raises(InputError, match="Record 2 of users identifies no user"):
        read_requests([request(1, 1), {"mail": "x@contoso.com"}])


def test_a_number_where_a_text_belongs_is_no_crash() -> None:
    (change,) = plan_changes(read_requests([request(1, 1, external_directory_object_id=7)]), UserIndex([cloud(1)]))
    assert change.status == "set"


def test_clearing_minds_sync_but_neither_value_nor_holder() -> None:
    users = [cloud(1, VALUES[1]), cloud(2, VALUES[2], synced=True), cloud(3, VALUES[3], synced=False), cloud(4)]
    changes = plan_changes(read_requests([request(n, None) for n in (1, 2, 3, 4)], clear=True), UserIndex(users))
    assert [change.status for change in changes] == ["cleared", "refused", "refused", "unchanged"]


def test_a_failed_step_stays_as_it_was() -> None:
    (change,) = plan_changes(read_requests([request(1, 1)]), UserIndex([cloud(1)]))
    failed = change.failed("throttled", "Later.")
    assert failed.result() | {"immutable_id": None} == {
        **request(1, None),
        "id": cloud(1).id,
        "status": "failed",
        "before": None,
        "after": None,
        "changed": False,
        "cause": "throttled",
        "reason": "Later.",
    }
    assert summarize([failed])["failed"] == 1


numbers = st.integers(0, 7)
tenants = st.lists(
    st.builds(
        cloud,
        numbers,
        st.one_of(st.none(), st.sampled_from(VALUES)),
        st.sampled_from([None, True, False]),
        st.booleans(),
    ),
    max_size=10,
)
lists = st.lists(
    st.builds(
        request,
        numbers,
        st.one_of(numbers, st.just("bad"), st.none()),
        status=st.sampled_from([None, "missing", "ambiguous"]),
        object_soa=st.sampled_from([None, None, None, "Cloud"]),
    ),
    max_size=10,
)


def applied(users: list[CloudUser], changes: list[ImmutableIdChange]) -> list[CloudUser]:
    written = {change.target.id: change.after for change in changes if change.changed and change.target}
    return [replace(user, immutable_id=written.get(user.id, user.immutable_id)) for user in users]


def known(tenant: list[CloudUser]) -> list[CloudUser]:
    """The users that a Tenant keeps of such a list: the first of each id."""
    return list({user.id: user for user in reversed(tenant)}.values())


@given(lists, tenants, st.booleans(), st.booleans())
def test_what_holds_for_every_plan(
    records: list[dict[str, Any]], users: list[CloudUser], clear: bool, overwrite: bool
) -> None:
    users = known(users)
    requests = read_requests(records, clear=clear, overwrite=overwrite)
    changes = plan_changes(requests, UserIndex(users))

    assert [change.request for change in changes] == requests
    assert summarize(changes)["total"] == len(records)
    assert {change.status for change in changes} <= set(STATUSES)
    changed = [change for change in changes if change.changed]
    assert max(Counter(change.target.id for change in changed if change.target).values(), default=1) == 1
    for change in changes:
        assert (change.cause is None) == (change.reason is None) == (not change.blocked)
        assert change.changed == (change.before != change.after)
    for change in changed:
        assert change.target
        assert change.target.sync_enabled is None
        assert not change.target.deleted
        assert overwrite or clear or change.before is None
        others = [user for user in users if user.immutable_id == change.after and user.id != change.target.id]
        assert change.after is None or not others

    again = plan_changes(requests, UserIndex(applied(users, changes)))
    for before, after in zip(changes, again, strict=True):
        if before.changed:
            assert (after.status, after.before) == ("unchanged", before.after)
    shown = diff_changes(changes)
    assert shown["before"].count("\n") == shown["after"].count("\n") == len(changed)


@given(lists, tenants)
def test_values_stay_unique_among_those_that_were(records: list[dict[str, Any]], users: list[CloudUser]) -> None:
    users = known(users)
    before = Counter(user.immutable_id for user in users if user.immutable_id)
    changes = plan_changes(read_requests(records, overwrite=True), UserIndex(users))
    after = Counter(user.immutable_id for user in applied(users, changes) if user.immutable_id)
    assert all(count <= max(1, before[value]) for value, count in after.items())
