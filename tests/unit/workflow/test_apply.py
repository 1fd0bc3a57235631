# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""match_apply at the wire: which plans it refuses, what it writes in which order, and what it says if that fails."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from estate import IDS, STAFF, VALUES, Estate
from forest_script import guid, person
from ldap_wire import Done, Modify, Request, Search
from live_graph import DENIED, GONE
from scripted_graph import CLIENT_ID, TENANT_ID, Reply, object_id, user
from shield_script import account
from support.module_runs import journal_lines

from ansible_collections.hybrid.identity.plugins.module_utils._graph.writes.immutable_id_writer import (
    ImmutableIdWriter,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users import anchor_writer

NOT_WRITTEN = dict.fromkeys(VALUES)
INSUFFICIENT_RIGHTS, BUSY = Done(50, "00002098: SecErr"), Done(51)


def journal(estate: Estate) -> list[tuple[str, str, Any, str]]:
    """Name, attribute, value and outcome of each line of the journal."""
    return [
        (str(line["user_principal_name"]).partition("@")[0].lower(), line["attribute"], line["after"], line["outcome"])
        for line in estate.lines("journal")
    ]


def untouched(estate: Estate) -> bool:
    """Whether nothing was written: in no directory, and no file."""
    files = sorted(path.name for path in estate.folder.iterdir())
    return not estate.directory.writes and estate.values() == NOT_WRITTEN and files in ([], ["plan.jsonl"])


def mallory(number: int) -> Any:
    """An account that claims the anchor of another one."""
    return person(9, "mallory", mS_DS_ConsistencyGuid=[guid(number).bytes_le], **account(1609))


# --- Plans that are not applied


def test_a_plan_with_one_byte_changed_is_not_applied(estate: Estate) -> None:
    plan = estate.plan()
    path = estate.folder / "plan.jsonl"
    content = path.read_bytes()
    for position in (0, len(content) // 2, len(content) - 2):
        changed = bytearray(content)
        changed[position] ^= 1
        path.write_bytes(changed)
        result = estate.apply(plan)
        assert result["failed"]
        assert "was changed after it was created" in result["msg"]
        assert untouched(estate)
    path.write_bytes(content)
    assert estate.apply(plan)["verdict"] == ""


def test_a_plan_of_which_nobody_said_the_hash_is_not_applied(estate: Estate) -> None:
    plan = estate.plan()
    other = estate.plan(plan_file=str(estate.folder / "other.jsonl"), scope={"search_base": STAFF})
    result = estate.apply({**plan, "plan_sha256": other["plan_sha256"]})
    assert "was changed after it was created" in result["msg"]
    (estate.folder / "other.jsonl").unlink()
    assert untouched(estate)


def test_a_plan_with_a_verdict_is_not_applied(estate: Estate) -> None:
    plan = estate.plan(max_changes="2")
    assert "max_changes allows 2" in plan["verdict"]
    result = estate.apply(plan)
    assert result["msg"] == f"The plan cannot be applied: {plan['verdict']}"
    assert untouched(estate)


def test_a_plan_of_what_happens_now_is_not_applied(estate: Estate) -> None:
    plan = estate.plan(predict="now", allowed_outcomes=["soft_match"])
    assert (plan["verdict"], plan["summary"]["changes"]) == ("", 0)
    result = estate.apply(plan)
    assert "The plan was made with predict=now and changes nothing" in result["msg"]
    assert untouched(estate)


@pytest.mark.parametrize(("key", "words"), [("tenant", "the tenant"), ("domain", "the domain")])
def test_a_plan_for_another_place_is_not_applied(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, key: str, words: str
) -> None:
    estate.plan()
    plan = estate.rewrite_plan(lambda header: header | {key: "00000000-1111-4222-8333-444444444444"})
    result = estate.apply(plan)
    assert result["failed"]
    assert f"The plan was made for {words} 00000000-1111-4222-8333-444444444444" in result["msg"]
    assert untouched(estate)


def test_another_file_of_a_run_is_no_plan(estate: Estate) -> None:
    estate.apply(estate.plan())
    plan = estate.rewrite_plan(lambda header: header, source="result")
    assert "contains a result, but this task needs a plan" in estate.apply(plan)["msg"]


def test_a_plan_that_changes_somebody_needs_a_journal(estate: Estate) -> None:
    plan = estate.plan()
    assert "journal is not set" in estate.apply(plan, journal=None)["msg"]
    assert untouched(estate)
    assert "failed" not in estate.apply(plan, check=True, journal=None)
    assert untouched(estate)


def test_a_plan_that_changes_nobody_is_applied_too(estate: Estate) -> None:
    for name, key in IDS.items():
        estate.graph.users[key]["onPremisesImmutableId"] = VALUES[name]
    plan = estate.plan()
    estate.graph.asked.clear()
    result = estate.apply(plan, journal=None)
    assert (result["changed"], result["verdict"]) == (False, "")
    assert estate.changes() == dict.fromkeys(IDS, ("unchanged", None))
    assert estate.graph.asked == []


@pytest.mark.parametrize(
    "name", ["none/deeper/result.jsonl", "notes.txt", "link.jsonl", "plan.jsonl", "journal.jsonl", "."]
)
def test_a_result_that_cannot_be_written_stops_it_before_the_first_write(estate: Estate, name: str) -> None:
    """Everything was written, and then the task failed and told nothing of it."""
    plan = estate.plan()
    before = (estate.folder / "plan.jsonl").read_bytes()
    (estate.folder / "notes.txt").write_text("buy milk")
    (estate.folder / "link.jsonl").symlink_to(estate.folder / "elsewhere")
    result = estate.apply(plan, result_file=str(estate.folder / name))
    assert result["failed"]
    assert result["msg"].startswith("result_file ")
    assert (estate.directory.writes, estate.values()) == ([], NOT_WRITTEN)
    assert (estate.folder / "plan.jsonl").read_bytes() == before
    assert (estate.folder / "notes.txt").read_text() == "buy milk"


# --- What is written


def test_the_anchor_is_written_first_and_both_are_journaled(estate: Estate) -> None:
    order: list[str] = []

    def seen_by_directory(request: Request) -> None:
        if isinstance(request, Modify):
            order.append("anchor")

    def seen_by_graph(method: str, path: str) -> None:
        if method == "PATCH":
            order.append("ImmutableId")

    estate.directory.answers, estate.graph.answers = seen_by_directory, seen_by_graph
    result = estate.apply(estate.plan(write_consistency_guid="from_guid"))
    assert result["verdict"] == ""
    assert order == ["anchor"] * 3 + ["ImmutableId"] * 3
    assert [estate.directory.anchor_of(name) for name in IDS] == [guid(number).bytes_le for number in (1, 2, 3)]
    assert estate.values() == VALUES
    lines = journal(estate)
    assert lines[:3] == [
        (name, "mS-DS-ConsistencyGuid", str(guid(number)), "written") for number, name in enumerate(IDS, start=1)
    ]
    assert sorted(lines[3:]) == [(name, "onPremisesImmutableId", VALUES[name], "written") for name in sorted(IDS)]
    header, *_users, end = estate.lines("result")
    assert (header["kind"], header["module"], header["tenant"]) == ("result", "match_apply", TENANT_ID)
    assert (header["run"], result["run"], end) == (result["run"], result["journal_run"], {"end": {"count": 3}})
    writes = estate.users()["anna"]["change"]["writes"]
    assert [(each["attribute"], each["id"], each["after"]) for each in writes] == [
        ("mS-DS-ConsistencyGuid", str(guid(1)), str(guid(1))),
        ("onPremisesImmutableId", IDS["anna"], VALUES["anna"]),
    ]


def test_a_change_can_be_traced(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = "7e1b3c52-5f0a-4d0e-8a6e-1c2d3e4f5a6b"
    written = estate.graph._written

    def named(method: str, path: str, body: Any) -> Reply | None:
        reply = written(method, path, body)
        return replace(reply, headers={"request-id": request_id}) if reply else None

    monkeypatch.setattr(estate.graph, "_written", named)
    result = estate.apply(estate.plan(write_consistency_guid="from_guid", note="CHG-2041"))
    writes = {write["attribute"]: write for write in estate.users()["anna"]["change"]["writes"]}
    assert writes["onPremisesImmutableId"]["request_id"] == request_id
    assert "request_id" not in writes["mS-DS-ConsistencyGuid"]
    assert {line.get("request_id") for line in estate.lines("journal")} == {None, request_id}
    assert result["result_sha256"] == hashlib.sha256((estate.folder / "result.jsonl").read_bytes()).hexdigest()
    origins = [estate.lines(file)[0]["origin"] for file in ("plan", "result")]
    assert origins[0] == origins[1]
    assert (origins[0]["app"], origins[0]["note"]) == (CLIENT_ID, "CHG-2041")
    first = json.loads(estate.journal.read_text("ascii").partition("\n")[0])
    assert {name: first[name] for name in origins[0]} == origins[0]


@pytest.mark.parametrize("way", ["restore", "purge"])
def test_deleted_holders_leave_the_recycle_bin_first(estate: Estate, way: str) -> None:
    holder = object_id(70)
    estate.graph.put(user(70, immutable_id=VALUES["anna"]), deleted=True)
    plan = estate.plan(deleted_holders={way: [holder]}, max_changes="4")
    assert (plan["verdict"], plan["summary"]["changes"]) == ("", 4)
    assert estate.apply(plan)["verdict"] == ""
    assert estate.graph.deleted == {}
    assert (holder in estate.graph.users) is (way == "restore")
    assert estate.values() == VALUES
    assert next(line[1] for line in journal(estate)) == "recycleBin"
    assert len(estate.users()["anna"]["change"]["writes"]) == 2


def test_the_limit_counts_users_and_not_values(estate: Estate) -> None:
    """It counted anchors and ImmutableIds each for itself, so that the double number of users could change."""
    # Anna is only stamped, the others only set: they are three users, although there are 1 and 2 of each kind.
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = immutable_id_of_guid(guid(50))
    plan = estate.plan(write_consistency_guid="from_cloud", max_changes="2")
    assert plan["summary"]["changes"] == 3
    assert plan["verdict"].startswith("Nothing was changed, because the run would change 3 users of 3 in scope")
    both = estate.plan(write_consistency_guid="from_guid", scope={"users": ["bob@contoso.com"]}, max_changes="1")
    assert (both["verdict"], both["summary"]["changes"]) == ("", 1)


# --- What fails while it is written


class FailsAt:
    """Stands in for a function, and fails at its n-th call."""

    def __init__(self, count: int, function: Callable[..., Any]) -> None:
        self._left = count
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        self._left -= 1
        return 1 // self._left if self._left == 0 else self._function(*arguments)


def test_a_failed_anchor_leaves_entra_alone(estate: Estate) -> None:
    name = f"<GUID={guid(1)}>".encode()
    estate.directory.answers = lambda request: (
        INSUFFICIENT_RIGHTS if isinstance(request, Modify) and request.name == name else None
    )
    result = estate.apply(estate.plan(write_consistency_guid="from_guid"))
    assert estate.changes()["anna"][0] == "failed"
    assert estate.values() == {**VALUES, "anna": None}
    assert not [each for each in estate.graph.writes if IDS["anna"] in each]
    assert [line for line in journal(estate) if line[0] == "anna"] == [
        ("anna", "mS-DS-ConsistencyGuid", str(guid(1)), "refused")
    ]
    assert result["verdict"].startswith("1 of 3 planned users was not changed: anna@contoso.com: ")
    assert estate.users()["anna"]["change"]["writes"] == []


def test_an_anchor_that_somebody_else_wrote_first_counts(estate: Estate) -> None:
    """The value is the planned one, so nothing stands against the rest."""

    def overtake(request: Request) -> Done | None:
        if isinstance(request, Modify) and not estate.directory.anchor_of("anna"):
            estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(1).bytes_le])
        return None

    plan = estate.plan(write_consistency_guid="from_guid")
    estate.directory.answers = overtake
    assert estate.apply(plan)["verdict"] == ""
    assert estate.values() == VALUES
    assert [each["attribute"] for each in estate.users()["anna"]["change"]["writes"]] == ["onPremisesImmutableId"]


def test_a_write_that_graph_refuses_is_in_the_verdict_and_the_anchor_in_the_result(estate: Estate) -> None:
    plan = estate.plan(write_consistency_guid="from_guid")
    estate.graph.answers = lambda method, path: DENIED if method == "PATCH" and IDS["anna"] in path else None
    result = estate.apply(plan)
    assert estate.changes()["anna"] == ("failed", "access_denied")
    assert result["verdict"].startswith("1 of 3 planned users was not changed: anna@contoso.com: ")
    assert [each["attribute"] for each in estate.users()["anna"]["change"]["writes"]] == ["mS-DS-ConsistencyGuid"]


@pytest.mark.parametrize("stage", ["anchors", "values"])
def test_an_exception_that_nobody_expects_leaves_a_result(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """What was written until then, and of the rest that nobody knows."""
    plan = estate.plan(write_consistency_guid="from_guid")
    if stage == "anchors":
        monkeypatch.setattr(anchor_writer, "value_changes", FailsAt(2, anchor_writer.value_changes))
    else:
        settled = FailsAt(2, ImmutableIdWriter._settle)

        def settle(*arguments: Any) -> Any:
            """A function, because an object in the place of a method does not get ``self``."""
            return settled(*arguments)

        monkeypatch.setattr(ImmutableIdWriter, "_settle", settle)
    result = estate.apply(plan)
    assert result["failed"]
    assert result["trace"][0] == "ZeroDivisionError"
    header, *_users, end = estate.lines("result")
    assert (header["kind"], end) == ("result", {"end": {"count": 3}})
    anchors = [name for name in IDS if estate.directory.anchor_of(name)]
    if stage == "anchors":
        assert estate.values() == NOT_WRITTEN
    else:
        assert anchors == [*IDS]
    written = {
        name
        for name, each in estate.users().items()
        if "mS-DS-ConsistencyGuid" in {write["attribute"] for write in each["change"]["writes"]}
    }
    assert written == set(anchors)
    unknown = {name for name, change in estate.changes().items() if change == ("failed", "interrupted")}
    assert unknown
    known = {name for name, each in estate.users().items() if each["change"]["status"] == "set"}
    assert known <= {name for name, held in estate.values().items() if held}
    assert unknown | known == set(IDS)


def test_a_tenant_that_is_lost_before_the_first_write_leaves_no_result(estate: Estate) -> None:
    plan = estate.plan()
    estate.graph.answers = lambda method, path: DENIED if path.startswith("/users?") else None
    result = estate.apply(plan)
    assert result["failed"]
    assert "User.Read.All" in result["msg"]
    assert untouched(estate)


def link_in_place(estate: Estate) -> None:
    """Somebody puts a link where the result file is to be."""
    path = estate.folder / "result.jsonl"
    if not path.is_symlink():
        path.symlink_to(estate.folder / "elsewhere")


def test_what_was_written_is_told_if_the_result_cannot_be(estate: Estate) -> None:
    plan = estate.plan()
    estate.graph.answers = lambda method, _path: link_in_place(estate) if method == "PATCH" else None
    result = estate.apply(plan)
    assert result["failed"]
    assert "result.jsonl is a symbolic link" in result["msg"]
    assert not (estate.folder / "elsewhere").exists()
    assert (result["changed"], result["summary"]) == (True, {"set": 3, "total": 3})
    assert (result["journal_run"], result["verdict"]) == (result["run"], "")
    assert estate.values() == VALUES


def test_the_first_error_is_told_if_the_result_cannot_be_written_either(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = estate.plan()

    def settle(*_arguments: Any) -> Any:
        link_in_place(estate)
        raise ZeroDivisionError

    monkeypatch.setattr(ImmutableIdWriter, "_settle", settle)
    result = estate.apply(plan)
    assert result["trace"][0] == "ZeroDivisionError"
    assert "result.jsonl is a symbolic link" in estate.shown[-1]


@pytest.mark.parametrize("how", ["renamed", "cut short", "a link"])
def test_a_journal_that_is_taken_away_stops_the_writes(estate: Estate, how: str) -> None:
    """While the anchors are written. They are in the result, and the cloud users get nothing."""
    plan = estate.plan(write_consistency_guid="from_guid")
    moved = estate.folder / "moved"

    def take_away(request: Request) -> None:
        if isinstance(request, Modify) and not moved.exists():
            moved.write_bytes(estate.journal.read_bytes())
            if how == "cut short":
                estate.journal.write_bytes(b"")
            else:
                estate.journal.unlink()
            if how == "a link":
                estate.journal.symlink_to(moved)

    estate.directory.answers = take_away
    result = estate.apply(plan)
    assert estate.values() == NOT_WRITTEN
    assert estate.changes() == dict.fromkeys(IDS, ("failed", "journal_failed"))
    writes = [write["attribute"] for each in estate.users().values() for write in each["change"]["writes"]]
    assert writes == ["mS-DS-ConsistencyGuid"] * 3
    words = "was shortened" if how == "cut short" else "was renamed, replaced or deleted"
    assert result["verdict"].count(words) == 1
    assert [line["after"] for line in journal_lines(moved)] == [str(guid(n)) for n in (1, 2, 3)]
    if how != "a link":
        assert not estate.journal.exists() or estate.journal.read_bytes() == b""


# --- What is claimed after the last write


def claim_after(estate: Estate, number: int) -> Callable[[str, str], Reply | None]:
    def answers(method: str, _path: str) -> Reply | None:
        if method == "PATCH" and "CN=mallory" not in str([*estate.directory.held]):
            estate.directory.put(mallory(number))
        return None

    return answers


def test_a_claim_that_turns_up_after_the_write_clears_the_value(estate: Estate) -> None:
    plan = estate.plan()
    estate.graph.answers = claim_after(estate, 1)
    result = estate.apply(plan)
    assert estate.changes() == {"anna": ("refused", "anchor_claimed"), "bob": ("set", None), "carl": ("set", None)}
    assert estate.values() == {**VALUES, "anna": None}
    reason = estate.users()["anna"]["change"]["reason"]
    assert "the mS-DS-ConsistencyGuid of the user CN=mallory" in reason
    assert reason.endswith("This run set the ImmutableId and then cleared it again.")
    assert reason in result["verdict"]
    assert [line for line in journal(estate) if line[0] == "anna"] == [
        ("anna", "onPremisesImmutableId", VALUES["anna"], "written"),
        ("anna", "onPremisesImmutableId", None, "written"),
    ]
    assert {line["tenant"] for line in estate.lines("journal")} == {TENANT_ID}
    assert estate.users()["anna"]["change"]["writes"] == []


def test_a_claimed_value_that_cannot_be_cleared_again(estate: Estate) -> None:
    plan = estate.plan()
    claim = claim_after(estate, 1)
    tries: list[str] = []

    def answers(method: str, path: str) -> Reply | None:
        claim(method, path)
        if method == "PATCH" and IDS["anna"] in path:
            tries.append(path)
            return GONE if len(tries) > 1 else None
        return None

    estate.graph.answers = answers
    result = estate.apply(plan)
    assert estate.changes()["anna"] == ("failed", "anchor_claimed")
    assert "could not clear it again" in estate.users()["anna"]["change"]["reason"]
    assert "could not clear it again" in result["verdict"]
    # The value stays, and the result says so.
    assert estate.values() == VALUES
    (write,) = estate.users()["anna"]["change"]["writes"]
    assert (write["attribute"], write["before"], write["after"]) == ("onPremisesImmutableId", None, VALUES["anna"])


def test_a_claim_of_an_anchor_that_only_active_directory_got_takes_no_value_away(estate: Estate) -> None:
    """The cloud user had the value before the run."""
    own = immutable_id_of_guid(guid(50))
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = own
    plan = estate.plan(write_consistency_guid="from_cloud")
    assert estate.changes("plan")["anna"] == ("stamped", None)
    estate.graph.answers = claim_after(estate, 50)
    result = estate.apply(plan)
    assert estate.changes()["anna"] == ("refused", "anchor_claimed")
    assert estate.values() == {**VALUES, "anna": own}
    assert "The anchor that this run wrote is still there" in result["verdict"]
    assert [each["attribute"] for each in estate.users()["anna"]["change"]["writes"]] == ["mS-DS-ConsistencyGuid"]


def test_a_directory_that_is_lost_after_the_last_write(estate: Estate) -> None:
    plan = estate.plan()
    estate.directory.answers = lambda request: (
        BUSY if isinstance(request, Search) and estate.graph.value_of(IDS["carl"]) else None
    )
    result = estate.apply(plan)
    assert "failed" not in result
    assert result["verdict"].startswith(
        "The ImmutableIds were written, but it is unknown whether another object has one of them now: "
    )
    assert result["verdict"].endswith("Make a new plan before the next sync.")
    assert estate.values() == VALUES
    assert estate.changes() == dict.fromkeys(IDS, ("set", None))


def test_a_run_can_be_rolled_back_by_its_journal(estate: Estate) -> None:
    """The lines name the run as the module returns it."""
    result = estate.apply(estate.plan(), run="20261129T101500Z-abc123")
    assert result["journal_run"] == "20261129T101500Z-abc123"
    assert {line["run"] for line in estate.lines("journal")} == {"20261129T101500Z-abc123"}
    assert json.loads((estate.folder / "result.jsonl").read_text("utf-8").splitlines()[0])["kind"] == "result"
