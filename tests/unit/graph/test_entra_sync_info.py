# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_sync_info as Ansible calls it: arguments in, JSON out."""

from __future__ import annotations

import importlib
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_graph import CLIENT_ID, TENANT_ID, ScriptedGraph, found, object_id, user

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import CloudRecord
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import JournalEntry
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AD_KEYS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.origin import COLLECTION_VERSION
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import (
    PROOF,
    RESULT,
    Header,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import read_run_file, write_run_file

PROPERTY = "onPremisesImmutableId"
MODULE = "ansible_collections.hybrid.identity.plugins.modules.entra_sync_info"
Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(options: dict[str, Any], give_arguments: Callable[[dict[str, Any]], None], capsys: Any) -> Call:
    """Run the module against the scripted server and return what it prints."""
    module = importlib.import_module(MODULE)

    def run(check: bool = False, **arguments: Any) -> dict[str, Any]:
        given = {**options, **arguments, "_ansible_check_mode": check, "_ansible_remote_tmp": "/tmp"}
        given = {name: value for name, value in given.items() if value is not None}
        give_arguments(given)
        with pytest.raises(SystemExit):
            module.main()
        return dict(json.loads(capsys.readouterr().out))

    return run


def answered(number: int) -> dict[str, Any]:
    stamps: dict[str, Any] = {"onPremisesSyncEnabled": True, "onPremisesLastSyncDateTime": "2026-11-24T06:00:00Z"}
    return user(
        number,
        immutable_id="eA==",
        **stamps,
        onPremisesProvisioningErrors=[],
        onPremisesSecurityIdentifier="S-1-5-21-1-2-3-4",
    )


@pytest.mark.parametrize("option", ["identities", "users"])
@pytest.mark.parametrize("check", [False, True])
def test_identities(graph: ScriptedGraph, call: Call, check: bool, option: str) -> None:
    graph.expect_batch(found(answered(1), answered(2)), found(answered(1), answered(2)), found())
    result = call(check=check, **{option: [object_id(1).upper(), "User2@contoso.com"]})
    assert result["changed"] is False
    assert [each["status"] for each in result["users"]] == ["verified", "verified"]
    assert result["users"][1]["user_principal_name"] == "User2@contoso.com"


def test_the_verdict_says_who_is_not_proven(graph: ScriptedGraph, call: Call) -> None:
    graph.expect_batch(found(), found())
    result = call(identities=["nobody@contoso.com"])
    assert "failed" not in result
    assert (result["open"], result["summary"]["not_found"]) == (1, 1)
    assert result["verdict"].startswith("1 of 1 user is not proven to be matched: nobody@contoso.com: ")
    assert result["table"][-1].startswith("not found: nobody@contoso.com: ")


def made(number: int, status: str = "set", **change: Any) -> dict[str, Any]:
    """A user of a result file."""
    upn = f"user{number}@contoso.com"
    ad = dict.fromkeys(AD_KEYS) | {
        "user_principal_name": upn,
        "object_guid": object_id(number),
        "object_sid": "S-1-5-21-1-2-3-4",
        "proxy_addresses": [],
    }
    cloud = dict.fromkeys(CloudRecord.__annotations__) | {"id": object_id(number), "user_principal_name": upn}
    known = {"status": status, "cause": None, "reason": None, "immutable_id": "eA==", "writes": [], **change}
    return {"ad": ad, "cloud": cloud, "match": None, "change": known}


IN_CLOUD = {"ad": None, "cloud": dict.fromkeys(CloudRecord.__annotations__), "match": None, "change": None}


@pytest.fixture
def result_file(tmp_path: Path) -> Callable[..., str]:
    """Write a result file and return its path."""

    def write(*users: dict[str, Any], **header: Any) -> str:
        path = str(tmp_path / "run" / "result.jsonl")
        write_run_file("result_file", path, {**HEADER, **header}, users)  # type: ignore[typeddict-item]
        return path

    return write


HEADER = Header(
    version=1,
    kind=RESULT,
    tenant=TENANT_ID,
    domain=object_id(99),
    module="match_apply",
    run="20261124T060000Z-localhost-3f2a1b",
    host="localhost",
    origin={
        "controller": "elsewhere",
        "job": "https://ci.example.com/1",
        "app": None,
        "version": "1.0.0",
        "note": "CHG-2041",
    },
    scope={"all": True},
    terms={"max_refused": 1},
    time="2026-11-24T06:00:00Z",
    facts={"verdict": ""},
)


def test_a_result_becomes_a_proof(
    graph: ScriptedGraph, call: Call, result_file: Callable[..., str], tmp_path: Path
) -> None:
    users = [made(1), IN_CLOUD, made(2, "refused", cause="admin_role", reason="Admin.")]
    graph.expect_batch(found(answered(1)), found(answered(1)), found(answered(1)), found())
    proof = str(tmp_path / "run" / "proof.jsonl")
    result = call(result_file=result_file(*users), save_to=proof, since="2026-11-24T06:00:00Z")
    assert "users" not in result
    assert (result["open"], result["verdict"], result["proof_file"]) == (0, "", proof)
    assert (result["summary"]["verified"], result["summary"]["skipped"], result["summary"]["total"]) == (1, 1, 2)
    assert [" ".join(line.split()) for line in result["table"]] == ["verified in Entra ID 1", "not hard-matched 1"]

    written = read_run_file("save_to", proof, (PROOF,))
    records = list(written.records())
    assert [{key: value for key, value in record.items() if key != "sync"} for record in records] == users
    assert [record["sync"] and record["sync"]["status"] for record in records] == ["verified", None, "skipped"]
    assert records[0]["sync"]["last_sync"] == "2026-11-24T06:00:00Z"
    assert records[2]["sync"]["reason"] == "Admin."
    header = dict(written.header)
    assert header.pop("time") != HEADER["time"]
    # Of this task, whatever runs the tests; only the note is that of the result.
    origin: Any = header.pop("origin")
    assert origin.pop("job") != HEADER["origin"]["job"]
    assert origin == {
        "controller": platform.node(),
        "app": CLIENT_ID,
        "version": COLLECTION_VERSION,
        "note": "CHG-2041",
    }
    facts = {"summary": result["summary"], "verdict": "", "since": "2026-11-24T06:00:00Z"}
    expected = {**HEADER, "kind": PROOF, "module": "entra_sync_info", "facts": facts}
    assert header == {key: value for key, value in expected.items() if key not in ("time", "origin")}


LATER = "2026-11-24T07:00:00Z"


def test_who_was_proven_need_not_be_in_a_later_cycle(
    graph: ScriptedGraph, call: Call, result_file: Callable[..., str], tmp_path: Path
) -> None:
    """A cycle exports only changes: a second one, for others, does not export them again."""
    result, proof = result_file(made(1)), str(tmp_path / "run" / "proof.jsonl")

    def prove(since: str | None = None) -> int:
        graph.expect_batch(found(answered(1)), found(answered(1)), found(answered(1)), found())
        return int(call(result_file=result, save_to=proof, since=since)["open"])

    assert (prove(LATER), prove(LATER)) == (1, 1)
    assert (prove(), prove(LATER), prove(LATER)) == (0, 0, 0)


@pytest.mark.parametrize("change", [{"run": "another"}, {"tenant": "another"}, {"domain": "another"}, None])
def test_a_proof_of_something_else_proves_nobody(
    graph: ScriptedGraph, call: Call, result_file: Callable[..., str], tmp_path: Path, change: dict[str, str] | None
) -> None:
    result, proof = result_file(made(1)), tmp_path / "run" / "proof.jsonl"
    graph.expect_batch(found(answered(1)), found(answered(1)), found(answered(1)), found())
    assert call(result_file=result, save_to=str(proof))["open"] == 0
    first, *others = proof.read_text("utf-8").splitlines()
    lines = [json.dumps({**json.loads(first), **change}), *others] if change else [first]
    proof.write_text("\n".join([*lines, ""]), "utf-8")
    graph.expect_batch(found(answered(1)), found(answered(1)), found(answered(1)), found())
    assert call(result_file=result, save_to=str(proof), since=LATER)["open"] == 1


def test_a_result_without_a_proof_file(
    graph: ScriptedGraph, call: Call, result_file: Callable[..., str], tmp_path: Path
) -> None:
    graph.expect_batch(found(), found(), found(), found())
    result = call(result_file=result_file(*(made(number) for number in range(5))))
    assert result["open"] == 5
    assert result["verdict"].endswith(" And 2 more: see the table.")
    assert not {"users", "proof_file"} & set(result)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["result.jsonl"]


RUNS = [f"20261124T0{number}0000Z-localhost-aaaaa{number}" for number in range(5)]
"""Older than the run of the result."""


@pytest.fixture
def runs(tmp_path: Path) -> Callable[..., Path]:
    """Write the journal of an earlier run, which set or cleared these users, and perhaps its proof."""
    folder = tmp_path / "runs"
    folder.mkdir(0o700)

    def write(name: str, *numbers: int, after: str | None = "eA==", proven: str | None = None, **header: Any) -> Path:
        (folder / name).mkdir(0o700)
        with JournalFile(str(folder / name / "journal.jsonl"), name) as journal:
            entries = [
                JournalEntry(
                    object_id(number), f"user{number}@contoso.com", PROPERTY, None, after, ("tenant", TENANT_ID)
                )
                for number in numbers
            ]
            journal.complete(dict.fromkeys(journal.begin(entries), "written"))
        if proven:
            sync = {"status": proven, "immutable_id": after}
            records = [{**made(number), "sync": sync} for number in numbers]
            known: Any = {**HEADER, "kind": PROOF, "run": name, **header}
            write_run_file("save_to", str(folder / name / "proof.jsonl"), known, records)
        return folder

    return write


def test_the_verdict_names_whom_earlier_runs_left_unproven(
    graph: ScriptedGraph, call: Call, result_file: Callable[..., str], runs: Callable[..., Path]
) -> None:
    """The first run was proven, the second one not, the third one rolled the second one back for one of its users."""
    runs(RUNS[0], 11, proven="verified")
    runs(RUNS[1], 12, 13, 14, proven="pending")
    runs(RUNS[2], 13, after=None)
    # Another host of the same folder, and a run that began later.
    runs("20261124T030000Z-dc2-bbbbbb", 15)
    folder = runs("20261124T235959Z-localhost-cccccc", 16)
    graph.expect_batch(found(answered(14)), found(answered(14)), found(answered(14)), found())
    result = call(result_file=result_file(made(14)), run_folder=str(folder))
    assert (result["open"], result["earlier"]) == (0, 1)
    assert result["verdict"].startswith(
        f"1 user of earlier runs is neither proven nor cleared: user12@contoso.com (run {RUNS[1]}). Set "
    )


def test_nobody_of_an_earlier_run_is_left(
    graph: ScriptedGraph, call: Call, result_file: Callable[..., str], runs: Callable[..., Path]
) -> None:
    runs(RUNS[0], 11, proven="verified")
    folder = runs(RUNS[1], 12)
    graph.expect_batch(found(answered(12)), found(answered(12)), found(answered(12)), found())
    result = call(result_file=result_file(made(12)), run_folder=str(folder))
    assert (result["verdict"], result["earlier"]) == ("", 0)


def test_an_earlier_journal_that_cannot_be_read_is_no_proof(
    graph: ScriptedGraph, call: Call, result_file: Callable[..., str], runs: Callable[..., Path]
) -> None:
    folder = runs(RUNS[0], 11)
    (folder / RUNS[0] / "journal.jsonl").write_text("x")
    graph.expect_batch(found(answered(1)), found(answered(1)), found(answered(1)), found())
    result = call(result_file=result_file(made(1)), run_folder=str(folder))
    assert result["failed"]
    assert "is not a line of a journal" in result["msg"]


def test_in_check_mode_nothing_is_proven(call: Call, tmp_path: Path) -> None:
    """No server is scripted, and there is no result file: match_apply wrote none."""
    result = call(check=True, result_file=str(tmp_path / "none.jsonl"), save_to=str(tmp_path / "proof.jsonl"))
    assert "failed" not in result
    assert (result["open"], result["verdict"], result["summary"]["total"]) == (None, "", 0)
    assert result["table"] == ["In check mode, nothing is proven, because match_apply wrote no result to compare with."]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ({"tenant": object_id(7)}, f"The result is of the tenant {object_id(7)}, but this task is connected to "),
        ({"host": "dc1"}, "was written for the host dc1, but this host is localhost"),
        ({"kind": "plan"}, "contains a plan, but this task needs a result"),
    ],
)
def test_a_result_of_another_place(
    call: Call, result_file: Callable[..., str], tmp_path: Path, header: dict[str, Any], text: str
) -> None:
    proof = tmp_path / "run" / "proof.jsonl"
    result = call(result_file=result_file(made(1), **header), save_to=str(proof))
    assert result["failed"] is True
    assert text in result["msg"]
    assert not proof.exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "one of the following is required: result_file, users, identities"),
        ({"users": [], "identities": []}, "mutually exclusive"),
        ({"users": [], "result_file": "result.jsonl"}, "mutually exclusive"),
        ({"users": [], "save_to": "proof.jsonl"}, "mutually exclusive"),
        ({"identities": ["a@contoso.com"], "since": "now"}, "is not a UTC time; write it as 2026-11-24T06:20:26Z"),
        ({"identities": ["a@contoso.com"], "poll_interval": 0}, "poll_interval"),
        ({"identities": [""]}, "neither a UPN"),
        ({"result_file": "/nonexistent/result.jsonl"}, "No such file"),
    ],
)
def test_input(call: Call, arguments: dict[str, Any], text: str) -> None:
    result = call(**arguments)
    assert result["failed"] is True
    assert text in result["msg"]


@pytest.mark.parametrize("name", ["none/deeper/proof.jsonl", "journal.jsonl", "link.jsonl", "result.jsonl", "", "run"])
def test_a_proof_that_cannot_be_saved_asks_nobody(
    call: Call, result_file: Callable[..., str], tmp_path: Path, name: str
) -> None:
    """No server is scripted. A task may wait for hours before it has a proof."""
    path = result_file(made(1))
    folder = Path(path).parent
    (folder / "journal.jsonl").write_text('{"time":"2026-11-24T06:00:00Z"}\n')
    (folder / "link.jsonl").symlink_to(folder / "elsewhere")
    proof = tmp_path if name == "run" else folder
    before = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    result = call(result_file=path, save_to=str(proof / name) if name else str(folder))
    assert result["failed"] is True
    assert result["msg"].startswith("save_to ")
    assert {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()} == before


@pytest.mark.parametrize(
    "change", [{"change": 5}, {"ad": ["x"]}, {"cloud": {"id": 7}}, {"change": {}}, {"change": [{}]}]
)
def test_a_result_that_somebody_edited(call: Call, result_file: Callable[..., str], change: dict[str, Any]) -> None:
    result = call(result_file=result_file(made(1), {**made(2), **change}))
    assert result["msg"] == "Line 3 of the file is not a record of a user; create the file again."
    assert "trace" not in result
