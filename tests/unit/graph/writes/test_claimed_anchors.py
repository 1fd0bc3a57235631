# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_immutable_id asks Active Directory before its first write and after its last one, and takes back if it must."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_graph import TENANT_ID, Reply, ScriptedGraph, error, found, guid, object_id, records, user

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import NO_DIRECTORY, Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.refusals import PlanBlocked, WritesFailed
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    read_accepted_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.directory_view import (
    AdAccount,
    DirectoryView,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile

pytestmark = pytest.mark.usefixtures("plain_tenant")


def value(number: int) -> str:
    return immutable_id_of_guid(guid(number))


def account(number: int, **more: Any) -> AdAccount:
    name = f"user{number}"
    return replace(AdAccount(guid(number), f"CN={name},DC=x", f"{name}@contoso.com", value(number)), **more)


PEOPLE = [account(0), account(1)]
THIEF = account(9, consistency=value(1))


class Directory:
    """Answers one view after the other, and notes what it was asked for."""

    def __init__(self, *views: Sequence[AdAccount] | IdentityError) -> None:
        self.asked: list[Sequence[str]] = []
        self._views = list(views)

    def __call__(self, anchors: Sequence[str], names: Sequence[str]) -> DirectoryView:
        self.asked.append([*anchors, *names])
        view = self._views.pop(0)
        if isinstance(view, IdentityError):
            raise view
        return DirectoryView(view)


def causes(result: Any) -> list[tuple[str, str | None]]:
    return [(one["status"], one["cause"]) for one in result["users"]]


def look_up(graph: ScriptedGraph) -> None:
    graph.expect_batch(found(user(0), user(1)), found(), found())


def test_nobody_else_holds_the_anchors(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    look_up(graph)
    graph.expect_batch(Reply(204), Reply(204))
    directory = Directory(PEOPLE, PEOPLE)
    result = run(options, Task(records(2)), directory=directory)
    assert causes(result) == [("set", None)] * 2
    assert directory.asked == [[value(0), value(1)]] * 2


def test_check_mode_asks_before_alone(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    look_up(graph)
    directory = Directory(PEOPLE)
    assert causes(run(options, Task(records(2), check_mode=True), directory=directory)) == [("set", None)] * 2


@pytest.mark.parametrize(
    ("people", "cause"),
    [
        ([*PEOPLE, THIEF], "anchor_claimed"),
        ([PEOPLE[0], account(1, protected="it belongs to Domain Admins")], "privileged_ad_account"),
        ([PEOPLE[0], account(7, consistency=value(1))], "anchor_claimed"),
        ([PEOPLE[0]], "ad_account_unread"),
    ],
)
def test_what_active_directory_speaks_against(
    graph: ScriptedGraph, options: dict[str, Any], people: list[AdAccount], cause: str
) -> None:
    """The record may say what it likes of itself."""
    look_up(graph)
    given = [{**each, "outcome": "hard_match", "allowed": True} for each in records(2)]
    with pytest.raises(PlanBlocked) as stopped:
        run(options, Task(given), directory=Directory(people))
    assert [each["cause"] for each in stopped.value.details["users"]] == [None, cause]
    look_up(graph)
    graph.expect("PATCH", f"/users/{object_id(0)}", Reply(204))
    skipped = run(options, Task(given, skip_refused=True), directory=Directory(people, people))
    assert causes(skipped) == [("set", None), ("refused", cause)]


def test_an_effect_that_is_accepted(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    look_up(graph)
    graph.expect_batch(Reply(204), Reply(204))
    people = [PEOPLE[0], account(1, protected="it belongs to Domain Admins")]
    accepted = read_accepted_effects({"privileged_ad_account": ["user1@contoso.com"]})
    result = run(options, Task(records(2), accepted=accepted), directory=Directory(people, people))
    assert causes(result) == [("set", None)] * 2


@pytest.mark.parametrize("skip", [True, False])
def test_a_claim_that_turns_up_after_the_write(
    graph: ScriptedGraph, options: dict[str, Any], tmp_path: Path, skip: bool
) -> None:
    look_up(graph)
    graph.expect_batch(Reply(204), Reply(204))
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204), b'{"onPremisesImmutableId":null}')
    directory = Directory(PEOPLE, [*PEOPLE, THIEF])
    path = tmp_path / "journal"
    task = Task(records(2), skip_refused=skip)
    with JournalFile(str(path), "set") as journal:
        if skip:
            result = run(options, task, journal, directory=directory)
        else:
            with pytest.raises(WritesFailed) as stopped:
                run(options, task, journal, directory=directory)
            result = stopped.value.details
            assert "Somebody else claims the anchors of 1 users since they were written" in stopped.value.message
            assert "1 other user(s) were changed" in stopped.value.message
    assert causes(result) == [("set", None), ("refused", "anchor_claimed")]
    claimed = result["users"][1]
    assert (claimed["before"], claimed["after"], claimed["changed"]) == (None, None, False)
    assert "mS-DS-ConsistencyGuid of the user CN=user9,DC=x" in claimed["reason"]
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["id"], line["before"], line["after"], line["outcome"]) for line in written] == [
        (object_id(0), None, value(0), "written"),
        (object_id(1), None, value(1), "written"),
        (object_id(1), value(1), None, "written"),
    ]
    assert {line["tenant"] for line in written} == {TENANT_ID}


def test_a_claimed_value_that_cannot_be_cleared(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    look_up(graph)
    graph.expect_batch(Reply(204), Reply(204))
    graph.expect("PATCH", f"/users/{object_id(1)}", error(403, "Authorization_RequestDenied"))
    with pytest.raises(WritesFailed) as stopped:
        run(options, Task(records(2)), directory=Directory(PEOPLE, [*PEOPLE, THIEF]))
    user_left = stopped.value.details["users"][1]
    assert (user_left["status"], user_left["cause"], user_left["after"]) == ("failed", "anchor_claimed", value(1))
    assert "could not be cleared again" in user_left["reason"]


def test_a_directory_that_is_lost_before_the_second_question(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    look_up(graph)
    graph.expect_batch(Reply(204), Reply(204))
    with pytest.raises(WritesFailed) as stopped:
        run(options, Task(records(2)), directory=Directory(PEOPLE, IdentityError("The server is gone.")))
    assert stopped.value.message == (
        "The ImmutableIds were written, but whether somebody else claimed one meanwhile is not known: The server is "
        "gone. Run entra_match_info with directory before the next sync."
    )
    assert causes(stopped.value.details) == [("set", None)] * 2


@pytest.mark.parametrize(
    "after",
    [
        DirectoryView(PEOPLE, claims_unread=True),
        DirectoryView(PEOPLE[:1]),
    ],
)
def test_a_claimant_who_hides_after_the_first_question(
    graph: ScriptedGraph, options: dict[str, Any], after: DirectoryView
) -> None:
    look_up(graph)
    graph.expect_batch(Reply(204), Reply(204))
    views = iter([DirectoryView(PEOPLE), after])
    with pytest.raises(WritesFailed, match="whether somebody else claimed one meanwhile is not known") as stopped:
        run(options, Task(records(2)), directory=lambda *_asked: next(views))
    assert causes(stopped.value.details) == [("set", None)] * 2
    look_up(graph)
    graph.expect_batch(Reply(204), Reply(204))
    views = iter([DirectoryView(PEOPLE), after])
    skipped = run(options, Task(records(2), skip_checks=["anchor_claims"]), directory=lambda *_asked: next(views))
    assert causes(skipped) == [("set", None)] * 2


def test_an_anchor_that_moves_to_another_account(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    """Whoever may write mS-DS-ConsistencyGuid can exchange it between two reads, and take it away again."""
    given = records(2)
    given[1] |= {"source_anchor": "mS-DS-ConsistencyGuid", "immutable_id": value(9), "object_guid": guid(1)}
    before = [account(0), account(1, consistency=value(9))]
    graph.expect_batch(found(user(0), user(1)), found(), found())
    with pytest.raises(PlanBlocked) as stopped:
        run(options, Task(given), directory=Directory([account(0), account(9)]))
    assert stopped.value.details["users"][1]["cause"] == "anchor_claimed"
    assert f"is the objectGUID of the user CN=user9,DC=x now, and not that of the account {guid(1)}" in str(
        stopped.value
    )
    graph.expect_batch(found(user(0), user(1)), found(), found())
    graph.expect_batch(Reply(204), Reply(204))
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204), b'{"onPremisesImmutableId":null}')
    accepted = read_accepted_effects({"foreign_anchor": ["user1@contoso.com"]})
    task = Task(given, skip_refused=True, accepted=accepted)
    result = run(options, task, directory=Directory(before, [account(0), account(8, consistency=value(9))]))
    assert causes(result) == [("set", None), ("refused", "anchor_claimed")]


def test_without_a_directory_a_warning_says_what_was_not_checked(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    look_up(graph)
    graph.expect_batch(Reply(204), Reply(204))
    assert run(options, Task(records(2)))["warnings"] == [NO_DIRECTORY]
    look_up(graph)
    graph.expect_batch(Reply(204), Reply(204))
    assert "warnings" not in run(options, Task(records(2)), directory=Directory(PEOPLE, PEOPLE))
    graph.expect_batch(found(user(0, immutable_id=value(0))), found(), found())
    assert "warnings" not in run(options, Task(records(1)))


def test_nothing_to_write_asks_nobody(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(found(user(0, immutable_id=value(0))), found(), found())
    assert causes(run(options, Task(records(1)), directory=Directory())) == [("unchanged", None)]
