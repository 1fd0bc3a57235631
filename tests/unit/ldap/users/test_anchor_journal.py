# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ad_user_guid stamping from the cloud, and its journal, against the scripted server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from anchor_script import (
    START,
    ad,
    by_guid,
    by_upn,
    cloud,
    lines,
    outcomes,
    owners,
    read_again,
    statuses,
    unclaimed,
    value,
    write,
)
from conftest import DOMAIN_GUID, Run
from forest_script import UNGUARDED, guid, look_up, person
from ldap_wire import CLOSE, Done, Entry, Modify, Turn

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import JournalEntry
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import Session
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users import anchor_writer
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile


def test_the_clouds_value_goes_into_an_empty_attribute(run: Run, journal: Path) -> None:
    script = [*START, by_upn(ad(1), ad(2, value(2)), ad(3)), owners([value(1), value(3)])]
    users = [cloud(1), cloud(2), cloud(3)]
    planned = run(script, check=True, users=users, stamp=True, skip_checks=UNGUARDED, journal=str(journal))
    assert not journal.exists()
    script += [write(1, b"", value(1)), write(3, b"", value(3))]
    result = run(script, users=users, stamp=True, skip_checks=UNGUARDED, journal=str(journal), journal_run="job 7")
    assert (result["changed"], result["journal_run"]) == (True, "job 7")
    assert statuses(result) == [("stamped", None), ("found", None), ("stamped", None)]
    assert (planned["users"], planned["diff"]) == (result["users"], result["diff"])
    anna = result["users"][0]
    assert (anna["source_anchor"], anna["immutable_id"]) == ("mS-DS-ConsistencyGuid", cloud(1)["immutable_id"])
    written = lines(journal)
    assert [line.pop("time") < "2999" for line in written] == [True, True]
    assert written[0] == {
        "run": "job 7",
        "domain": str(DOMAIN_GUID),
        "id": str(guid(1)),
        "user_principal_name": "anna@contoso.com",
        "attribute": "mS-DS-ConsistencyGuid",
        "before": None,
        "after": str(guid(101)),
        "outcome": "written",
    }
    assert outcomes(journal) == [("anna", "written"), ("carl", "written")]


def test_the_result_asks_the_cloud_for_what_it_has(run: Run) -> None:
    script = [*START, by_upn(ad(1)), owners([value(1)]), write(1, b"", value(1))]
    result = run(script, users=[cloud(1)], stamp=True, skip_checks=UNGUARDED)
    (request,) = read_requests(result["users"])
    assert (request.refusal, request.name, request.immutable_id) == (None, cloud(1)["id"], cloud(1)["immutable_id"])


def test_an_object_guid_goes_before_the_upn(run: Run) -> None:
    script = [*START, by_guid([1], ad(1)), owners([value(2)]), write(1, b"", value(2))]
    result = run(script, users=[cloud(2, object_guid=str(guid(1)))], stamp=True, skip_checks=UNGUARDED)
    assert statuses(result) == [("stamped", None)]
    assert result["users"][0]["user_principal_name"] == "anna@contoso.com"


def test_a_mail_address_is_no_upn(run: Run) -> None:
    other = person(9, "other", mail=["anna@contoso.com"])
    result = run(
        [*START, by_upn(other, count=1)], users=[cloud(1)], stamp=True, skip_checks=UNGUARDED, max_refused="100%"
    )
    assert statuses(result) == [("missing", "no_such_object")]
    assert (result["users"][0]["id"], result["users"][0]["user_principal_name"]) == (cloud(1)["id"], "anna@contoso.com")


def test_a_look_alike_that_the_directory_finds_is_not_stamped(run: Run) -> None:
    other = person(9, "other", userPrincipalName=["\uff41nna@contoso.com"])
    script = [*START, by_upn(other, count=1)]
    result = run(script, users=[cloud(1)], stamp=True, skip_checks=UNGUARDED, max_refused="100%")
    assert statuses(result) == [("missing", "no_such_object")]


def test_another_value_stays_unless_it_is_to_be_replaced(run: Run, journal: Path) -> None:
    script = [*START, by_upn(ad(1, value(9)))]
    refused = run(script, users=[cloud(1)], stamp=True, skip_checks=UNGUARDED, journal=str(journal))
    assert statuses(refused) == [("refused", "different_consistency_guid")]
    assert "1 of 1 user cannot be used, and nothing was written" in refused["msg"]
    assert "journal_run" not in refused
    assert not journal.exists()
    script += [owners([value(1)]), write(1, value(9), value(1))]
    replaced = run(script, users=[cloud(1)], stamp=True, skip_checks=UNGUARDED, replace=True, journal=str(journal))
    assert (replaced["users"][0]["before"], replaced["users"][0]["after"]) == (str(guid(109)), str(guid(101)))
    assert (lines(journal)[0]["before"], lines(journal)[0]["after"]) == (str(guid(109)), str(guid(101)))


def test_what_another_object_has_is_refused(run: Run) -> None:
    contact = person(50, "box", objectClass=["top", "person", "contact"], sAMAccountType=[])
    taken = Entry(contact.name, {**contact.values, "mS-DS-ConsistencyGuid": [value(1)]})
    own = person(102, "bob2", userPrincipalName=["bob@contoso.com"])
    conditions = [("equal", b"userPrincipalName", f"{name}@contoso.com".encode()) for name in ("anna", "bob", "carl")]
    script = [
        *START,
        look_up(conditions, ad(1), own, ad(3)),
        # bob's value is his own objectGUID, carl's is somebody else's
        owners([value(1), value(2), value(3)], taken, own, person(103, "old")),
        Turn(Modify, (Done(),)),
    ]
    result = run(script, users=[cloud(1), cloud(2), cloud(3)], stamp=True, skip_checks=UNGUARDED, max_refused="100%")
    assert statuses(result) == [("refused", "held_by_contact"), ("stamped", None), ("refused", "held_by_user")]
    assert "the mS-DS-ConsistencyGuid of the contact CN=box," in result["users"][0]["reason"]
    assert "the objectGUID of the user CN=old," in result["users"][2]["reason"]


def test_wrong_records_are_refused_and_the_rest_is_planned(run: Run) -> None:
    records = [cloud(1), {**cloud(2), "immutable_id": "Zm9v"}, {**cloud(3), "immutable_id": None}]
    script = [*START, by_upn(ad(1)), owners([value(1)])]
    result = run(script, users=records, stamp=True, skip_checks=UNGUARDED)
    assert statuses(result) == [
        ("found", None),
        ("refused", "malformed_immutable_id"),
        ("refused", "no_immutable_id"),
    ]
    assert result["users"][1]["user_principal_name"] == "bob@contoso.com"


def test_two_records_for_one_account_are_refused(run: Run) -> None:
    records = [cloud(1), cloud(2, object_guid=str(guid(1)))]
    conditions = [("equal", b"userPrincipalName", b"anna@contoso.com"), ("equal", b"objectGUID", guid(1).bytes_le)]
    result = run(
        [*START, look_up(conditions, ad(1))], users=records, stamp=True, skip_checks=UNGUARDED, max_refused="100%"
    )
    assert statuses(result) == [("refused", "duplicate_identity")] * 2


def test_an_empty_list_does_nothing(run: Run, journal: Path) -> None:
    result = run([*START], users=[], stamp=True, skip_checks=UNGUARDED, journal=str(journal))
    assert (result["changed"], result["summary"]["total"]) == (False, 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"users": [], "identities": ["anna"], "stamp": True, "skip_checks": UNGUARDED}, "mutually exclusive"),
        ({"users": [], "search_base": "OU=x", "stamp": True, "skip_checks": UNGUARDED}, "mutually exclusive"),
        ({"users": []}, "Set stamp to true"),
        ({"replace": True, "stamp": True, "skip_checks": UNGUARDED}, "Set users, or remove replace"),
        (
            {"users": [{"immutable_id": "x"}], "stamp": True, "skip_checks": UNGUARDED},
            "Record 1 of users identifies no user",
        ),
        ({"journal_run": "x"}, "missing parameter(s) required by 'journal_run': journal"),
        ({"stamp": True, "skip_checks": UNGUARDED, "journal": "/nowhere/journal"}, "there is no folder /nowhere"),
        ({"stamp": True, "skip_checks": UNGUARDED, "max_changes": "many"}, "is neither a count of users"),
    ],
)
def test_options_that_cannot_be_meant_fail_before_any_network(
    run: Run, arguments: dict[str, Any], sentence: str
) -> None:
    result = run([], **arguments)
    assert result["failed"] is True
    assert sentence in result["msg"]


def test_more_changes_than_allowed_fail_before_the_first_write(run: Run, journal: Path) -> None:
    script = [*START, by_upn(ad(1), ad(2, value(2)), ad(3)), owners([value(1), value(3)])]
    users = [cloud(1), cloud(2), cloud(3)]
    for check in (False, True):
        result = run(
            script, check, users=users, stamp=True, skip_checks=UNGUARDED, journal=str(journal), max_changes="50%"
        )
        assert (result["failed"], result["changed"]) == (True, False)
        assert "would change 2 users of 3 in scope" in result["msg"]
        assert result["summary"]["stamped"] == 2
        assert {user["changed"] for user in result["users"]} == {False}
    assert not journal.exists()


@pytest.mark.parametrize("code", [16, 19, 20])
def test_a_change_in_between_is_never_overwritten(run: Run, journal: Path, code: int) -> None:
    script = [
        *START,
        by_upn(ad(1, value(9)), ad(2)),
        owners([value(1), value(2)]),
        write(1, value(9), value(1), Done(code)),
        read_again(1, value(8)),
        write(2, b"", value(2), Done(code)),
        read_again(2, value(2)),
    ]
    result = run(
        script, users=[cloud(1), cloud(2)], stamp=True, skip_checks=UNGUARDED, replace=True, journal=str(journal)
    )
    assert (result["failed"], result["changed"]) == (True, False)
    assert statuses(result) == [("failed", "changed_meanwhile"), ("found", None)]
    assert f"became {guid(108)} while this task ran" in result["msg"]
    assert outcomes(journal) == [("anna", "refused"), ("bob", "refused")]


def test_a_lost_connection_leaves_no_line_that_was_never_sent(
    run: Run, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchor_writer, "GROUP", 3)
    script = [
        *START,
        by_upn(*(ad(number) for number in range(1, 6))),
        owners([value(number) for number in range(1, 6)]),
        write(1, b"", value(1)),
        write(2, b"", value(2), CLOSE),
    ]
    result = run(
        script, users=[cloud(number) for number in range(1, 6)], stamp=True, skip_checks=UNGUARDED, journal=str(journal)
    )
    assert [cause for _status, cause in statuses(result)] == [None, "connection_lost", *["not_tried"] * 3]
    assert outcomes(journal) == [("anna", "written"), ("bob", "unknown"), ("carl", "aborted")]
    assert result["journal_run"] == lines(journal)[0]["run"]


def test_lines_are_on_the_disk_before_a_group_is_sent(run: Run, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchor_writer, "GROUP", 2)
    events: list[str] = []
    begin, modify = JournalFile.begin, Session.modify

    def flushed(journal: JournalFile, changes: Sequence[JournalEntry]) -> list[int]:
        tickets = begin(journal, changes)
        events.append("flushed")
        return tickets

    def sent(session: Session, name: str, changes: Any, called: str | None) -> None:
        events.append("sent")
        modify(session, name, changes, called)

    monkeypatch.setattr(JournalFile, "begin", flushed)
    monkeypatch.setattr(Session, "modify", sent)
    script = [*START, by_upn(ad(1), ad(2), ad(3)), owners([value(1), value(2), value(3)])]
    script += [write(number, b"", value(number)) for number in (1, 2, 3)]
    run(script, users=[cloud(number) for number in (1, 2, 3)], stamp=True, skip_checks=UNGUARDED, journal=str(journal))
    assert events == ["flushed", "sent", "sent", "flushed", "sent"]


def test_a_full_disk_stops_the_writes(run: Run, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    script = [*START, by_upn(ad(1), ad(2)), owners([value(1), value(2)])]
    result = run(script, users=[cloud(1), cloud(2)], stamp=True, skip_checks=UNGUARDED, journal=str(journal))
    assert statuses(result) == [("failed", "journal_failed")] * 2
    assert "No space left on device" in result["msg"]


def test_stamps_of_the_own_guid_are_journaled_too(run: Run, journal: Path) -> None:
    conditions = [("equal", name, b"anna") for name in (b"userPrincipalName", b"mail", b"sAMAccountName")]
    script = [*START, look_up(conditions, ad(1)), unclaimed(1), write(1, b"", guid(1).bytes_le)]
    run(script, identities=["anna"], stamp=True, skip_checks=UNGUARDED, journal=str(journal))
    assert [(line["before"], line["after"], line["outcome"]) for line in lines(journal)] == [
        (None, str(guid(1)), "written")
    ]


def test_the_next_run_settles_what_a_dead_one_left_open(run: Run, journal: Path) -> None:
    script = [*START, by_upn(ad(1), ad(2)), owners([value(1), value(2)]), write(1, b"", value(1))]
    run(
        [*script, write(2, b"", value(2))],
        users=[cloud(1), cloud(2)],
        stamp=True,
        skip_checks=UNGUARDED,
        journal=str(journal),
    )
    journal.write_bytes(journal.read_bytes().replace(b'"written"', b'"pending"'))
    again = [*START, by_upn(ad(1, value(1)), ad(2)), owners([value(2)])]
    before = journal.read_bytes()
    run(again, check=True, users=[cloud(1), cloud(2)], stamp=True, skip_checks=UNGUARDED, journal=str(journal))
    assert journal.read_bytes() == before
    run(
        [*again, write(2, b"", value(2))],
        users=[cloud(1), cloud(2)],
        stamp=True,
        skip_checks=UNGUARDED,
        journal=str(journal),
    )
    assert outcomes(journal) == [("anna", "written"), ("bob", "aborted"), ("bob", "written")]
