# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reviewed plan at the wire: what a run takes of it, and which plans it refuses before it asks anybody."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from estate import IDS, VALUES, Estate, upn
from forest_script import guid, person
from ldap_wire import Modify
from scripted_graph import object_id, user
from shield_script import account

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import write_run_file

BOTH = {"write_consistency_guid": "from_guid"}
EFFECT = "foreign_anchor"
LEFT_OUT = ("changed_since_review", "changed_since_review")
NOTHING_LEFT_OUT = {"not_reviewed": 0, "changed_since_review": 0, "already_done": 0}


def record(lines: list[Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in lines[1:-1] if each["ad"]["user_principal_name"] == upn(name))
    return found


def hours_ago(hours: float) -> str:
    return f"{datetime.now(UTC) - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def journal(estate: Estate) -> list[tuple[str, str, str | None, str | None]]:
    lines = estate.lines("journal") if estate.journal.exists() else []
    return [(line["attribute"], line["id"], line["before"], line["after"]) for line in lines]


def untouched(estate: Estate) -> bool:
    return estate.directory.writes == [] and not [each for each in estate.graph.writes if not each.startswith("POST")]


def test_the_plan_of_another_run_is_reviewed_and_applied(estate: Estate) -> None:
    made = estate.plan(**BOTH)
    assert (made["reviewable"], made["verdict"]) == (True, "")
    given = estate.reviewed()
    assert given["reviewed_plan_sha256"] == made["plan_sha256"]
    plan = estate.plan(**BOTH, **given, max_changes="3")
    assert (plan["verdict"], plan["summary"]["changes"], plan["summary"]["review"]) == ("", 3, NOTHING_LEFT_OUT)
    assert estate.lines("plan")[0]["facts"]["reviewed_plan_sha256"] == made["plan_sha256"]
    result = estate.apply(plan)
    assert (result["verdict"], estate.values()) == ("", VALUES)
    assert [estate.directory.anchor_of(name) for name in IDS] == [guid(number).bytes_le for number in (1, 2, 3)]


def test_without_a_reviewed_plan_nothing_is_said_of_a_review(estate: Estate) -> None:
    plan = estate.plan()
    assert "review" not in plan["summary"]
    assert estate.lines("plan")[0]["facts"]["reviewed_plan_sha256"] is None


def accounts_result(estate: Estate, *names: tuple[str, str], **header: Any) -> dict[str, Any]:
    """What ad_user wrote in this run: the status of some users."""
    known: Any = {
        "version": 1,
        "kind": "result",
        "tenant": "t",
        "domain": "d",
        "module": "ad_user",
        "run": "this",
        "host": "localhost",
        "origin": {"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
        "scope": {},
        "terms": {},
        "time": hours_ago(0),
        "facts": {"reviewed_plan_sha256": "x"},
    }
    records = [
        {
            "ad": {"object_guid": str(guid(9)), "user_principal_name": upn(name)},
            "cloud": {"id": object_id(9)},
            "match": None,
            "change": {"status": status},
        }
        for name, status in names
    ]
    path = str(estate.folder / "accounts-result.jsonl")
    known.update(header)
    write_run_file("result_file", path, known, records)
    return {"accounts_result": path, "run": "this"}


@pytest.mark.parametrize(
    ("status", "header", "changes"),
    [
        ("created", {}, 4),
        ("updated", {}, 3),
        ("created", {"facts": {"reviewed_plan_sha256": None}}, 3),
    ],
)
def test_whose_account_this_run_made_from_a_review_is_matched(
    estate: Estate, status: str, header: dict[str, Any], changes: int
) -> None:
    estate.plan()
    given = estate.reviewed()
    estate.directory.put(person(9, "dora", **account(1609)))
    estate.graph.put(user(9, upn("dora")))
    made = accounts_result(estate, ("dora", status), **header)
    plan = estate.plan(**given, **made)
    assert (plan["verdict"], plan["summary"]["changes"]) == ("", changes)
    # Not for another cloud user, and not with an effect that nobody accepted.
    estate.graph.users.clear()
    estate.graph.put(user(8, upn("dora")))
    assert estate.users("plan")["dora"]["ad"]["object_guid"] == str(guid(9))
    assert estate.plan(**given, **made, max_refused="100%")["summary"]["changes"] == 0


def test_the_effects_of_a_new_account_must_be_accepted(estate: Estate) -> None:
    estate.plan()
    given = estate.reviewed()
    estate.directory.put(person(9, "dora", mS_DS_ConsistencyGuid=[guid(55).bytes_le], **account(1609)))
    estate.graph.put(user(9, upn("dora")))
    plan = estate.plan(**given, **accounts_result(estate, ("dora", "created")), max_refused="1")
    assert estate.users("plan")["dora"]["change"]["cause"] == EFFECT
    assert plan["summary"]["changes"] == 3


@pytest.mark.parametrize("header", [{"run": "other"}, {"module": "match_apply"}])
def test_the_accounts_of_another_run_do_not_count(estate: Estate, header: dict[str, Any]) -> None:
    estate.plan()
    given = estate.reviewed()
    result = estate.plan(**given, **accounts_result(estate, ("dora", "created"), **header))
    assert "is not the result of ad_user in this run" in result["msg"]


def test_a_user_who_came_after_the_review_waits_for_the_next_one(estate: Estate) -> None:
    estate.plan()
    given = estate.reviewed()
    estate.directory.put(person(9, "dora", **account(1609)))
    estate.graph.put(user(9, upn("dora")))
    plan = estate.plan(**given, max_changes="3")
    assert plan["summary"]["review"] == {**NOTHING_LEFT_OUT, "not_reviewed": 1}
    assert (plan["verdict"], plan["summary"]["changes"], plan["summary"]["refused"]) == ("", 3, 0)
    dora = estate.users("plan")["dora"]["change"]
    assert (dora["status"], dora["cause"], dora["writes"]) == ("not_reviewed", "not_reviewed", [])
    assert [each["after"] for each in dora["proposed"]] == [immutable_id_of_guid(guid(9))]
    assert any(line.split() == ["not", "reviewed", "1"] for line in plan["table"])
    assert estate.apply(plan)["verdict"] == ""
    assert estate.graph.value_of(object_id(9)) is None
    assert estate.values() == VALUES
    assert estate.changes()["dora"] == ("not_reviewed", "not_reviewed")


def set_elsewhere(estate: Estate) -> None:
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = immutable_id_of_guid(guid(50))


def stamped_elsewhere(estate: Estate) -> None:
    estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(50).bytes_le])


def protected(estate: Estate) -> None:
    estate.directory.change("anna", adminCount=["1"])


def another_cloud_user(estate: Estate) -> None:
    estate.graph.users.pop(IDS["anna"])
    estate.graph.put(user(8, upn("anna")))


def other_outcome(estate: Estate) -> None:
    """Somebody outside of the scope has her address, so Entra would put it into quarantine."""
    estate.graph.put(user(8, "box@contoso.com", proxyAddresses=["SMTP:anna.box@contoso.com"]))
    estate.directory.change("anna", proxyAddresses=["smtp:anna.box@contoso.com"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (set_elsewhere, LEFT_OUT),
        (stamped_elsewhere, LEFT_OUT),
        (protected, LEFT_OUT),
        (another_cloud_user, LEFT_OUT),
        (other_outcome, LEFT_OUT),
        (lambda estate: estate.graph.users.pop(IDS["anna"]), ("refused", "predicted_new_cloud_user")),
        (lambda estate: estate.graph.assign(IDS["anna"]), ("refused", "predicted_blocked")),
    ],
)
def test_what_changed_since_the_review_is_left_out(
    estate: Estate, change: Callable[[Estate], object], status: tuple[str, str]
) -> None:
    terms = {"replace": [upn("anna")], "allowed_outcomes": ["hard_match", "quarantine"], "max_refused": "1"}
    estate.plan(**terms)
    given = estate.reviewed()
    change(estate)
    before = estate.values()
    plan = estate.plan(**terms, **given, max_changes="2")
    assert plan["verdict"] == ""
    assert estate.changes("plan")["anna"] == status
    left_out = status == LEFT_OUT
    assert plan["summary"]["review"] == {**NOTHING_LEFT_OUT, "changed_since_review": int(left_out)}
    assert (plan["summary"]["changes"], plan["summary"]["refused"]) == (2, int(not left_out))
    assert bool(estate.users("plan")["anna"]["change"]["proposed"]) is left_out
    estate.apply(plan)
    assert estate.values() == {**before, "bob": VALUES["bob"], "carl": VALUES["carl"]}


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What modules warn of."""
    told: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: told.append(text))
    return told


def test_a_reviewed_user_who_is_not_in_the_scope_any_more_is_named(estate: Estate, warned: list[str]) -> None:
    estate.plan()
    given = estate.reviewed()
    estate.directory.delete("anna")
    plan = estate.plan(**given)
    assert warned == ["The reviewed plan changes users who are no longer in the scope (1): anna@contoso.com."]
    assert plan["summary"]["review"] == {**NOTHING_LEFT_OUT, "changed_since_review": 1}
    assert plan["summary"]["changes"] == 2


# --- Effects


def test_effects_that_nobody_accepted_keep_the_change_and_are_accepted_by_a_review(estate: Estate) -> None:
    estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(50).bytes_le], adminCount=["1"])
    made = estate.plan()
    assert made["verdict"].startswith("Nothing was changed: 1 of 3 users is refused")
    assert made["reviewable"]
    anna = estate.users("plan")["anna"]
    assert (anna["match"]["outcome"], anna["match"]["effects"]) == ("hard_match", ["privileged_ad_account", EFFECT])
    assert (anna["change"]["status"], anna["change"]["cause"]) == ("refused", "privileged_ad_account")
    foreign = immutable_id_of_guid(guid(50))
    write = {"attribute": "onPremisesImmutableId", "id": IDS["anna"], "before": None, "after": foreign}
    assert (anna["change"]["writes"], anna["change"]["proposed"]) == ([], [write])
    # It is no plan to be applied, whatever its file says.
    assert "cannot be applied" in estate.apply(made)["msg"]
    given = estate.reviewed()
    plan = estate.plan(**given)
    assert (plan["verdict"], plan["summary"]["changes"]) == ("", 3)
    assert estate.users("plan")["anna"]["change"]["writes"] == [write]
    result = estate.apply(plan)
    assert (result["verdict"], estate.values()) == ("", {**VALUES, "anna": foreign})


def test_a_proposed_change_is_never_applied(estate: Estate) -> None:
    estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(50).bytes_le])
    plan = estate.plan(max_refused="1")
    assert (plan["verdict"], plan["summary"]["changes"]) == ("", 2)
    assert estate.users("plan")["anna"]["change"]["proposed"]
    assert estate.apply(plan)["verdict"] == ""
    assert estate.values() == {**VALUES, "anna": None}


def test_an_effect_that_the_review_did_not_show_is_not_accepted(estate: Estate) -> None:
    """Between the two plans, and between the last plan and its application."""
    estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(50).bytes_le])
    estate.plan()
    given = estate.reviewed()
    estate.directory.change("bob", adminCount=["1"])
    plan = estate.plan(**given)
    assert estate.changes("plan") == {"anna": ("set", None), "bob": LEFT_OUT, "carl": ("set", None)}
    estate.directory.change("anna", adminCount=["1"])
    result = estate.apply(plan)
    assert estate.changes()["anna"] == ("refused", "changed_since")
    assert "is protected" in result["verdict"]
    assert estate.values() == {**dict.fromkeys(IDS), "carl": VALUES["carl"]}


def test_an_effect_of_somebody_else_is_not_accepted(estate: Estate) -> None:
    """The same plan, with the effects of anna under bob's name."""
    estate.directory.change("anna", adminCount=["1"])
    estate.directory.change("bob", adminCount=["1"])

    def swap(lines: list[Any]) -> None:
        record(lines, "bob")["ad"]["object_guid"] = str(guid(77))

    estate.plan(max_refused="2")
    plan = estate.plan(**estate.reviewed(swap), max_refused="2")
    assert estate.changes("plan")["anna"] == ("set", None)
    assert estate.changes("plan")["bob"] == ("not_reviewed", "not_reviewed")
    assert plan["summary"]["changes"] == 2


def test_a_verdict_that_rests_on_more_than_effects_ends_the_review(estate: Estate) -> None:
    estate.directory.change("anna", adminCount=["1"])
    estate.graph.assign(IDS["bob"])
    made = estate.plan()
    assert not made["reviewable"]
    refused = estate.plan(**estate.reviewed())
    assert "cannot be applied, even if it was reviewed: Nothing was changed: 2 of 3 users are refused" in refused["msg"]
    assert estate.plan(max_changes="0")["reviewable"] is False
    assert estate.plan(max_refused="1")["reviewable"]


# --- A rerun after a kill


@pytest.mark.parametrize("stage", ["after the anchors", "in the middle", "after everything"])
def test_a_rerun_after_a_kill_goes_on(estate: Estate, stage: str) -> None:
    """With the same reviewed plan: what is done counts as done, and the rest is written."""
    estate.directory.change("carl", mS_DS_ConsistencyGuid=[guid(50).bytes_le])
    estate.plan(**BOTH)
    given = estate.reviewed()
    names = {"after the anchors": [], "in the middle": ["anna"], "after everything": ["anna", "bob", "carl"]}[stage]
    for number, name in enumerate(("anna", "bob"), start=1):
        estate.directory.change(name, mS_DS_ConsistencyGuid=[guid(number).bytes_le])
    values = {**VALUES, "carl": immutable_id_of_guid(guid(50))}
    for name in names:
        estate.graph.users[IDS[name]]["onPremisesImmutableId"] = values[name]
    plan = estate.plan(**BOTH, **given)
    assert plan["verdict"] == ""
    assert plan["summary"]["review"] == {**NOTHING_LEFT_OUT, "already_done": len(names)}
    assert plan["summary"]["changes"] == 3 - len(names)
    assert [name for name, (status, _cause) in estate.changes("plan").items() if status == "already_done"] == names
    result = estate.apply(plan)
    assert (result["verdict"], estate.values()) == ("", values)
    assert result["changed"] is (stage != "after everything")
    assert [each for each in estate.directory.requests if isinstance(each, Modify)] == []
    again = estate.plan(**BOTH, **given)
    assert again["summary"]["review"] == {**NOTHING_LEFT_OUT, "already_done": 3}


@pytest.mark.parametrize("way", ["purge", "restore", "restore the user"])
def test_a_rerun_after_somebody_left_the_recycle_bin(estate: Estate, way: str) -> None:
    """Who held the value is gone by then, or the user itself is back."""
    number, name = (1, upn("anna")) if way == "restore the user" else (70, None)
    estate.graph.users.pop(object_id(number), None)
    estate.graph.put(user(number, name, immutable_id=VALUES["anna"]), deleted=True)
    terms = {"deleted_holders": {way.split()[0]: [object_id(number)]}, "allowed_outcomes": ["hard_match", "blocked"]}
    made = estate.plan(**terms)
    assert (made["verdict"], estate.changes("plan")["anna"][1]) == ("", None)
    given = estate.reviewed()
    plan = estate.plan(**terms, **given)
    assert plan["summary"]["review"] == NOTHING_LEFT_OUT
    assert estate.apply(plan)["verdict"] == ""
    assert estate.values() == VALUES
    again = estate.plan(**terms, **given)
    assert (again["verdict"], again["summary"]["changes"]) == ("", 0)
    assert again["summary"]["review"] == {**NOTHING_LEFT_OUT, "already_done": 3}


# --- Altered files


@pytest.mark.parametrize(
    "change",
    [
        {"before": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {"after": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {"after": None},
        {"after": VALUES["bob"]},
        {"id": IDS["bob"]},
        {"attribute": "mS-DS-ConsistencyGuid"},
    ],
)
def test_altered_values_write_nothing(estate: Estate, change: dict[str, Any]) -> None:
    """Whoever can alter the file and its hash can only take changes away."""

    def alter(lines: list[Any]) -> None:
        record(lines, "anna")["change"]["writes"][0].update(change)

    estate.plan()
    plan = estate.plan(**estate.reviewed(alter))
    assert (plan["verdict"], plan["summary"]["changes"]) == ("", 2)
    assert estate.changes("plan")["anna"] == LEFT_OUT
    assert estate.apply(plan)["verdict"] == ""
    assert estate.values() == {**VALUES, "anna": None}
    assert sorted(journal(estate)) == sorted(
        ("onPremisesImmutableId", IDS[name], None, VALUES[name]) for name in ("bob", "carl")
    )


@pytest.mark.parametrize("part", ["ad", "cloud"])
def test_whose_ids_are_shown_with_the_name_of_another_is_left_out(estate: Estate, part: str) -> None:
    """The reviewer approved names. Ids say nothing to a person."""
    estate.plan()
    shown = estate.reviewed(lambda lines: record(lines, "anna")[part].update(user_principal_name=upn("carl")))
    plan = estate.plan(**shown)
    assert (plan["verdict"], plan["summary"]["changes"]) == ("", 2)
    assert estate.changes("plan")["anna"] == LEFT_OUT
    assert "(the user principal names)" in estate.users("plan")["anna"]["change"]["reason"]


def test_a_change_of_a_user_who_is_shown_as_unchanged_ends_the_review(estate: Estate) -> None:
    estate.plan()
    shown = estate.reviewed(lambda lines: record(lines, "anna")["change"].update(status="unchanged"))
    assert "is not a record of a user; make the plan again." in estate.plan(**shown)["msg"]


def set_header(**more: Any) -> Callable[[list[Any]], None]:
    return lambda lines: lines[0].update(more)


def set_part(part: str, **more: Any) -> Callable[[list[Any]], None]:
    return lambda lines: lines[0][part].update(more)


REFUSED: dict[str, tuple[Callable[[list[Any]], None], dict[str, Any], str]] = {
    "cut short": (lambda lines: lines.pop(), {}, "is incomplete; create it again"),
    "a record less": (lambda lines: lines.pop(1), {}, "is incomplete; create it again"),
    "lines after its end": (lambda lines: lines.append(lines[1]), {}, "lines after its end"),
    "only its first line": (lambda lines: lines.__delitem__(slice(1, None)), {}, "is incomplete"),
    "a record that is none": (lambda lines: lines[1].update(change=5), {}, "Line 2 of"),
    "two of one user": (lambda lines: lines.__setitem__(2, lines[1]), {}, "Line 3 of"),
    "too old": (set_header(time=hours_ago(73)), {}, "reviewed_plan_max_age allows 72 hours"),
    "older than the caller allows": (set_header(time=hours_ago(3)), {"reviewed_plan_max_age": 2}, "allows 2 hours"),
    "from the future": (set_header(time=hours_ago(-1)), {}, "which is in the future"),
    "of no time": (set_header(time="soon"), {}, "The time in the first line"),
    "another scope": (set_header(scope={"users": [upn("anna")]}), {}, "other options than this run (scope)"),
    "other matching": (set_part("terms", write_consistency_guid="from_guid"), {}, "(write_consistency_guid)"),
    "other skipped checks": (set_part("terms", skip_checks=["domains"]), {}, "(skip_checks)"),
    "other outcomes": (set_part("terms", allowed_outcomes=["hard_match"]), {}, "(allowed_outcomes)"),
    "of the terms of the run": (lambda _lines: None, {"source_anchor": "objectGUID"}, "(source_anchor)"),
    "of now": (set_part("terms", predict="now"), {}, "is not a plan of match_plan"),
    "for a run of now": (lambda _lines: None, {"predict": "now"}, "predict=now"),
    "of another module": (set_header(module="ad_user"), {}, "is not a plan of match_plan"),
    "a result": (set_header(kind="result"), {}, "contains a result, but this task needs a plan"),
    "of another version": (set_header(version=2), {}, "another version of this collection"),
    "not reviewable": (
        set_part("facts", reviewable=False, verdict="No."),
        {},
        "cannot be applied, even if it was reviewed: No.",
    ),
    "another hash": (lambda _lines: None, {"reviewed_plan_sha256": "0" * 64}, "is not the plan that was reviewed"),
    "no hash": (lambda _lines: None, {"reviewed_plan_sha256": ""}, "belong together, but one of them is empty"),
    "no path": (lambda _lines: None, {"reviewed_plan": ""}, "belong together, but one of them is empty"),
    "only a path": (lambda _lines: None, {"reviewed_plan_sha256": None}, "belong together, but one of them is empty"),
    "only a hash": (lambda _lines: None, {"reviewed_plan": None}, "belong together, but one of them is empty"),
    "an age without an end": (
        set_header(time=hours_ago(73)),
        {"reviewed_plan_max_age": 10**13},
        "it must be from 1 to 8,784, in hours",
    ),
    "no age": (lambda _lines: None, {"reviewed_plan_max_age": 0}, "it must be from 1 to"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_a_plan_that_does_not_fit_asks_nobody(estate: Estate, case: str) -> None:
    alter, options, words = REFUSED[case]
    estate.plan()
    asked = len(estate.directory.requests), len(estate.graph.requests), estate.graph.sign_ins[:]
    given = {**estate.reviewed(alter), "plan_file": str(estate.folder / "second.jsonl"), **options}
    result = estate.plan(**given)
    assert result["failed"]
    assert words in result["msg"]
    assert (len(estate.directory.requests), len(estate.graph.requests), estate.graph.sign_ins) == asked
    assert not (estate.folder / "second.jsonl").exists()


@pytest.mark.parametrize("what", ["tenant", "domain"])
@pytest.mark.parametrize("value", [str(guid(99)), None])
def test_another_tenant_or_domain(estate: Estate, what: str, value: str | None) -> None:
    estate.plan()
    listed = len(estate.graph.asked)
    result = estate.plan(**estate.reviewed(set_header(**{what: value})), plan_file=str(estate.folder / "second.jsonl"))
    assert f"The reviewed plan was made for the {what} {value}" in result["msg"]
    assert len(estate.graph.asked) == listed
    assert not (estate.folder / "second.jsonl").exists()


@pytest.mark.parametrize("state", ["missing", "a folder", "a pipe", "for all to write", "no JSON", "empty", "the plan"])
def test_a_file_that_cannot_be_trusted(estate: Estate, state: str) -> None:
    estate.plan()
    given = estate.reviewed()
    path = estate.folder / "reviewed.jsonl"
    words = {"for all to write": "can be changed by others", "the plan": "is also the reviewed_plan"}.get(state, "")
    if state in ("missing", "a folder", "a pipe"):
        path.unlink()
    if state == "a folder":
        path.mkdir()
    if state == "a pipe":
        os.mkfifo(path)
    if state == "for all to write":
        path.chmod(0o666)
    if state in ("no JSON", "empty"):
        path.write_text("x\n" if state == "no JSON" else "")
        words = "is not the plan that was reviewed"
    options = {"plan_file": str(path if state == "the plan" else estate.folder / "second.jsonl")}
    result = estate.plan(**given, **options)
    assert result["failed"]
    assert words in result["msg"]
    assert "trace" not in result
    assert untouched(estate)


def test_a_file_of_another_machine_is_taken(estate: Estate) -> None:
    """Its host is the one where the pipeline made it."""
    estate.plan()
    plan = estate.plan(**estate.reviewed(set_header(host="runner-7", run="20261129T101500Z-runner-7-abc123")))
    assert (plan["verdict"], plan["summary"]["changes"]) == ("", 3)


def test_the_hash_may_be_in_capitals(estate: Estate) -> None:
    estate.plan()
    given = estate.reviewed()
    upper = {**given, "reviewed_plan_sha256": f" {given['reviewed_plan_sha256'].upper()}\n"}
    assert estate.plan(**upper)["summary"]["changes"] == 3


def test_names_of_the_reviewed_plan_are_shown_as_visible_text(estate: Estate, warned: list[str]) -> None:
    def forge(lines: list[Any]) -> None:
        anna = record(lines, "anna")
        anna["ad"].update(user_principal_name="\x1b[2Jok: [localhost]\n", object_guid=str(guid(70)))

    estate.plan()
    estate.plan(**estate.reviewed(forge))
    assert warned == ["The reviewed plan changes users who are no longer in the scope (1): \\x1b[2Jok: [localhost]\\n."]
