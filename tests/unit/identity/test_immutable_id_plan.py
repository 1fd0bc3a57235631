# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wishes and their plan: every reason to leave a user alone, by name, and what holds for all plans."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import (
    immutable_id_of_guid,
    swapped_immutable_id,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.diffs import users_diff
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import (
    STATUSES,
    Step,
    plan,
    summary,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record, entra_record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant import Tenant
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import read_wishes

GUIDS = [uuid.uuid5(uuid.NAMESPACE_OID, str(number)) for number in range(8)]
VALUES = [immutable_id_of_guid(guid) for guid in GUIDS]


def cloud(number: int, value: str | None = None, synced: bool | None = None, deleted: bool = False) -> Record:
    graph_user = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "userPrincipalName": f"User{number}@contoso.com",
        "onPremisesImmutableId": value,
        "onPremisesSyncEnabled": synced,
    }
    return entra_record(graph_user, deleted)


def wish(number: int, value: int | str | None, **more: Any) -> dict[str, Any]:
    text = VALUES[value] if isinstance(value, int) else value
    return {"user_principal_name": f"user{number}@contoso.com", "immutable_id": text, **more}


CAUSES: list[tuple[str, dict[str, Any], list[Record], str]] = [
    ("no_cloud_user", wish(1, 1), [cloud(2)], "No active cloud user is named user1@contoso.com"),
    ("no_cloud_user", wish(1, 1), [cloud(1, deleted=True)], "restore the user first"),
    ("synced_user", wish(1, 1), [cloud(1, synced=True)], "already synchronised"),
    ("formerly_synced_user", wish(1, 1), [cloud(1, synced=False)], "false, not null"),
    (
        "cloud_managed_account",
        wish(1, 1, external_directory_object_id="User_00000000-0000-4000-8000-000000000001"),
        [cloud(1)],
        "made by Cloud Sync",
    ),
    ("cloud_managed_account", wish(1, 1, object_soa="Cloud"), [cloud(1)], "must not be hard-matched"),
    ("different_immutable_id", wish(1, 1), [cloud(1, VALUES[2])], "set replace to true only if that is meant"),
    ("held_by_user", wish(1, 1), [cloud(1), cloud(2, VALUES[1])], "belongs to User2@contoso.com"),
    ("held_by_deleted_user", wish(1, 1), [cloud(1), cloud(2, VALUES[1], deleted=True)], "in the recycle bin"),
    ("malformed_immutable_id", wish(1, "not base64!"), [cloud(1)], "is not an ImmutableId"),
    ("malformed_immutable_id", wish(1, "AAAA"), [cloud(1)], "holds 3 bytes, not the 16"),
    ("malformed_immutable_id", wish(1, None), [cloud(1)], "neither immutable_id nor object_guid"),
    ("malformed_immutable_id", wish(1, None, object_guid="x"), [cloud(1)], "is not a GUID"),
    ("malformed_immutable_id", wish(1, 1, object_guid=str(GUIDS[2])), [cloud(1)], "leave out the one that is wrong"),
    (
        "malformed_immutable_id",
        wish(1, swapped_immutable_id(GUIDS[1]), object_guid=str(GUIDS[1])),
        [cloud(1)],
        "in the wrong order",
    ),
    (
        "malformed_immutable_id",
        wish(1, None, object_guid=str(GUIDS[1]), source_anchor="mS-DS-ConsistencyGuid"),
        [cloud(1)],
        "stamp it first",
    ),
    (
        "no_user_principal_name",
        {"distinguished_name": "CN=a,DC=x", "immutable_id": VALUES[1]},
        [],
        "has no user principal name",
    ),
    (
        "invalid_upn",
        wish(1, 1, user_principal_name="user1$@contoso.com"),
        [{**cloud(1), "user_principal_name": "user1$@contoso.com"}],
        "name the user by its object id",
    ),
    ("ad_missing", wish(1, None, status="missing", reason="Not there."), [cloud(1)], "Not there."),
    ("ad_ambiguous", wish(1, None, status="ambiguous", reason="Two."), [cloud(1)], "Two."),
    ("ad_not_a_user", wish(1, None, status="not_a_user", reason="A group."), [cloud(1)], "A group."),
    ("ad_system_account", wish(1, None, status="system_account", reason="krbtgt."), [cloud(1)], "krbtgt."),
]


@pytest.mark.parametrize(("cause", "record", "users", "words"), CAUSES)
def test_causes(cause: str, record: dict[str, Any], users: list[Record], words: str) -> None:
    (step,) = plan(read_wishes([record]), Tenant(users))
    assert (step.cause, step.blocked, step.changes) == (cause, True, False)
    assert words in str(step.reason)
    assert step.before == step.after
    assert step.status == ("not_found" if cause in ("no_cloud_user", "ad_missing") else "refused")


@pytest.mark.parametrize(
    ("records", "cause"),
    [
        ([wish(1, 1), wish(1, 1)], "duplicate_record"),
        ([wish(1, 1), {**wish(1, 2), "user_principal_name": " USER1@CONTOSO.COM "}], "duplicate_record"),
        ([wish(1, 1), {"id": cloud(1)["id"], "immutable_id": VALUES[2]}], "duplicate_record"),
        ([wish(1, 1), wish(2, 1)], "value_wanted_twice"),
    ],
)
def test_records_that_quarrel(records: list[dict[str, Any]], cause: str) -> None:
    steps = plan(read_wishes(records), Tenant([cloud(1), cloud(2)]))
    assert {step.cause for step in steps} == {cause}
    assert not any(step.changes for step in steps)


def named(upn: str, value: str | None = None) -> Record:
    return {**cloud(1, value), "user_principal_name": upn}


@pytest.mark.parametrize("character", ["$", "+", "%", "&", "ü", " ", "("])
def test_an_ad_upn_that_entra_connect_would_not_keep_stops_only_its_account(character: str) -> None:
    upn = f"a{character}b@contoso.com"
    records = [{"user_principal_name": upn, "immutable_id": VALUES[1]}, wish(2, 2)]
    refused, other = plan(read_wishes(records), Tenant([named(upn), cloud(2)]))
    assert (refused.status, refused.cause) == ("refused", "invalid_upn")
    assert f"Entra Connect would not keep the UPN {upn}, because it holds {character!r}" in str(refused.reason)
    assert other.status == "set"


@pytest.mark.parametrize("upn", ["o'brien@contoso.com", "a!#^~_-.b@contoso.com"])
def test_a_upn_that_entra_connect_keeps(upn: str) -> None:
    (step,) = plan(read_wishes([{"user_principal_name": upn, "immutable_id": VALUES[1]}]), Tenant([named(upn)]))
    assert step.status == "set"


def test_a_upn_is_judged_if_it_is_of_ad_and_something_would_be_written() -> None:
    upn = "a$b@contoso.com"
    record = {"user_principal_name": upn, "immutable_id": VALUES[1]}
    by_id = {**record, "id": cloud(1)["id"]}
    of_ad = {**by_id, "distinguished_name": "CN=a,DC=x"}
    allowed = {**of_ad, "outcome": "invalid", "allowed": True}
    refused = {**of_ad, "outcome": "invalid", "allowed": False}

    def status(record: dict[str, Any], value: str | None = None, clear: bool = False) -> tuple[str, str | None]:
        (step,) = plan(read_wishes([record], clear=clear), Tenant([named(upn, value)]))
        return step.status, step.cause

    # The name beside an id may be the cloud user's, in whose UPN Graph takes a $.
    assert status(by_id) == ("set", None)
    assert status(of_ad) == ("refused", "invalid_upn")
    assert status(allowed) == ("set", None)
    assert status(refused) == ("refused", "invalid_upn")
    assert status(record, VALUES[1]) == ("unchanged", None)
    assert status(record, VALUES[1], clear=True) == ("cleared", None)


def test_a_record_that_names_nobody() -> None:
    with pytest.raises(InputError, match="Record 2 of users names nobody"):
        read_wishes([wish(1, 1), {"mail": "x@contoso.com"}])


def test_a_number_where_a_text_belongs_is_no_crash() -> None:
    (step,) = plan(read_wishes([wish(1, 1, external_directory_object_id=7)]), Tenant([cloud(1)]))
    assert step.status == "set"


def test_clearing_minds_sync_but_neither_value_nor_holder() -> None:
    users = [cloud(1, VALUES[1]), cloud(2, VALUES[2], synced=True), cloud(3, VALUES[3], synced=False), cloud(4)]
    steps = plan(read_wishes([wish(n, None) for n in (1, 2, 3, 4)], clear=True), Tenant(users))
    assert [step.status for step in steps] == ["cleared", "refused", "refused", "unchanged"]


def test_a_failed_step_stays_as_it_was() -> None:
    (step,) = plan(read_wishes([wish(1, 1)]), Tenant([cloud(1)]))
    failed = step.failed("throttled", "Later.")
    assert failed.result() | {"immutable_id": None} == {
        **wish(1, None),
        "id": cloud(1)["id"],
        "status": "failed",
        "before": None,
        "after": None,
        "changed": False,
        "cause": "throttled",
        "reason": "Later.",
    }
    assert summary([failed])["failed"] == 1


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
        wish,
        numbers,
        st.one_of(numbers, st.just("bad"), st.none()),
        status=st.sampled_from([None, "missing", "ambiguous"]),
        object_soa=st.sampled_from([None, None, None, "Cloud"]),
    ),
    max_size=10,
)


def applied(users: list[Record], steps: list[Step]) -> list[Record]:
    written = {step.target["id"]: step.after for step in steps if step.changes and step.target}
    return [{**user, "immutable_id": written.get(user["id"], user["immutable_id"])} for user in users]


def known(tenant: list[Record]) -> list[Record]:
    """The users that a Tenant keeps of such a list: the first of each id."""
    return list({user["id"]: user for user in reversed(tenant)}.values())


@given(lists, tenants, st.booleans(), st.booleans())
def test_what_holds_for_every_plan(
    records: list[dict[str, Any]], users: list[Record], clear: bool, overwrite: bool
) -> None:
    users = known(users)
    wishes = read_wishes(records, clear=clear)
    steps = plan(wishes, Tenant(users), overwrite=overwrite)

    assert [step.wish for step in steps] == wishes
    assert summary(steps)["total"] == len(records)
    assert {step.status for step in steps} <= set(STATUSES)
    changed = [step for step in steps if step.changes]
    assert max(Counter(step.target["id"] for step in changed if step.target).values(), default=1) == 1
    for step in steps:
        assert (step.cause is None) == (step.reason is None) == (not step.blocked)
        assert step.changes == (step.before != step.after)
    for step in changed:
        assert step.target
        assert step.target["sync_enabled"] is None
        assert not step.target["deleted"]
        assert overwrite or clear or step.before is None
        others = [user for user in users if user["immutable_id"] == step.after and user["id"] != step.target["id"]]
        assert step.after is None or not others

    again = plan(wishes, Tenant(applied(users, steps)), overwrite=overwrite)
    for before, after in zip(steps, again, strict=True):
        if before.changes:
            assert (after.status, after.before) == ("unchanged", before.after)
    shown = users_diff("onPremisesImmutableId", [step.result() for step in steps])
    assert shown["before"].count("\n") == shown["after"].count("\n") == len(changed)


@given(lists, tenants)
def test_values_stay_unique_among_those_that_were(records: list[dict[str, Any]], users: list[Record]) -> None:
    users = known(users)
    before = Counter(user["immutable_id"] for user in users if user["immutable_id"])
    steps = plan(read_wishes(records), Tenant(users), overwrite=True)
    after = Counter(user["immutable_id"] for user in applied(users, steps) if user["immutable_id"])
    assert all(count <= max(1, before[value]) for value, count in after.items())


def test_what_is_known_for_certain_is_said_before_a_prediction() -> None:
    record = wish(1, 1, outcome="quarantine", allowed=False, reason="It would be quarantined.")
    known = [cloud(2, VALUES[1]), cloud(2, VALUES[1], deleted=True), cloud(2)]
    causes = [plan(read_wishes([record]), Tenant([cloud(1), other]))[0].cause for other in known]
    assert causes == ["held_by_user", "held_by_deleted_user", "predicted_quarantine"]
