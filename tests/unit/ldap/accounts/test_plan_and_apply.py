# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ad_user plans in check mode and carries the plan out: its files, and what changed in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import DOMAIN_GUID, PASSWORD, PLACE, Certificates, Options, RunModule
from forest_script import DOMAIN, guid, person
from ldap_wire import CLOSE, SUB, Add, Done, Entry, Search, Turn, Wire
from test_ad_user import NOBODY, OU, START, looked_up

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import (
    USERS,
    VERSION,
    Header,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.accounts import reader
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import utc_now, write_run_file
from ansible_collections.hybrid.identity.plugins.modules import ad_user

BEGIN = [*START[:4], PLACE, *START[4:]]
READ = [*BEGIN, NOBODY, NOBODY]
ID = "00000000-0000-4000-8000-000000000001"
LEFT = {"status": "left_out", "cause": "unlicensed", "reason": "The user has no licence."}

Run = Callable[..., dict[str, Any]]


class Task:
    """The same task each time, with its files in a folder."""

    def __init__(self, folder: Path, certificates: Certificates, options: Options, run_module: RunModule) -> None:
        self.folder = folder
        self._certificates, self._options, self._run_module = certificates, options, run_module

    def path(self, name: str) -> str:
        return str(self.folder / f"{name}.jsonl")

    def users(self, *records: dict[str, Any], **header: Any) -> None:
        known: Any = {
            "version": VERSION,
            "kind": USERS,
            "tenant": "t",
            "domain": None,
            "module": "entra_user_info",
            "run": "r",
            "host": "localhost",
            "origin": {"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
            "scope": {"domains": ["contoso.com"]},
            "terms": {},
            "time": utc_now(),
            "facts": {"summary": {}, "caveats": [], "password_hash_sync": False},
        }
        write_run_file("save_to", self.path("users"), cast(Header, {**known, **header}), records)

    def run(self, script: list[Turn], check: bool = False, **more: Any) -> dict[str, Any]:
        files = {f"{name}_file": self.path(name) for name in ("users", "plan", "result")}
        passwords = {"account_password": "random", "password_file": self.path("passwords")}
        with Wire(script, self._certificates.good) as wire:
            given = {**self._options(wire), "path": OU, **files, **passwords, **more}
            given = {name: value for name, value in given.items() if value is not None}
            result, printed = self._run_module(ad_user, given, check)
        wire.verify()
        assert PASSWORD not in printed
        return result

    def plan(self, script: list[Turn] | None = None, **more: Any) -> dict[str, Any]:
        return self.run(READ if script is None else script, check=True, **more)

    def lines(self, name: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in Path(self.path(name)).read_text("utf-8").splitlines()]
        assert lines[-1] == {"end": {"count": len(lines) - 2}}
        return lines[:-1]


@pytest.fixture
def task(
    tmp_path: Path,
    certificates: Certificates,
    options: Options,
    run_module: RunModule,
    monkeypatch: pytest.MonkeyPatch,
) -> Task:
    monkeypatch.delenv("HYBRID_IDENTITY_RUN_HOST", raising=False)
    made = Task(tmp_path, certificates, options, run_module)
    made.users(anna(), {"user_principal_name": "info@contoso.com", **LEFT})
    return made


def anna(**more: Any) -> dict[str, Any]:
    return {"user_principal_name": "anna@contoso.com", "display_name": "Anna", "id": ID, "status": "found", **more}


def test_a_plan_is_made_and_carried_out(task: Task) -> None:
    plan = task.plan()
    assert (plan["verdict"], plan["reviewable"], plan["changed"]) == ("", True, True)
    assert "users" not in plan
    assert (plan["summary"]["created"], plan["summary"]["left_out"]) == (1, 1)
    assert plan["table"][-1] == "left out: info@contoso.com: The user has no licence."
    assert not Path(task.path("result")).exists()
    assert not Path(task.path("passwords")).exists()
    header, *users = task.lines("plan")
    assert (header["kind"], header["module"], header["tenant"], header["domain"]) == (
        *("plan", "ad_user", "t"),
        str(DOMAIN_GUID),
    )
    assert (header["scope"], header["terms"]["password_hash_sync"]) == ({"domains": ["contoso.com"]}, False)
    assert (users[0]["ad"]["object_guid"], users[0]["cloud"]["id"], users[0]["match"]) == (None, ID, None)
    assert users[0]["change"]["writes"][0] == {
        "attribute": "cn",
        "id": f"cn=anna, {OU.lower().replace(',', ', ')}",
        "before": None,
        "after": "Anna",
    }

    done = task.run([*READ, Turn(Add), looked_up(person(1, "anna"))], plan_sha256=plan["plan_sha256"])
    assert (done["verdict"], done["changed"], done["result_file"]) == ("", True, task.path("result"))
    header, *users = task.lines("result")
    assert (header["kind"], header["facts"]["reviewed_plan_sha256"]) == ("result", None)
    assert (users[0]["ad"]["object_guid"], users[0]["change"]["status"]) == (str(guid(1)), "created")
    assert users[0]["ad"]["immutable_id"] == users[0]["change"]["immutable_id"] == "3jFgh7G/i0+csBxnpglNAQ=="
    assert users[1]["change"]["status"] == "left_out"


def test_who_changed_since_the_plan_is_refused(task: Task) -> None:
    bert = {"user_principal_name": "bert@contoso.com", "display_name": "Bert"}
    task.users(anna(), bert)
    plan = task.plan()
    meanwhile = person(1, "bert", department=["Sales"])
    script = [*BEGIN, looked_up(meanwhile), NOBODY, Turn(Add), looked_up(person(2, "anna"))]
    done = task.run(script, plan_sha256=plan["plan_sha256"])
    assert done["verdict"].startswith(
        "Of 2 accounts, 1 was written and 1 was not: bert@contoso.com: The change for bert@contoso.com"
    )
    assert [user["change"]["cause"] for user in task.lines("result")[1:]] == [None, "changed_since"]


def test_what_could_not_be_written_is_the_verdict(task: Task) -> None:
    plan = task.plan()
    done = task.run(
        [
            *READ,
            Turn(Add, (Done(50),)),
        ],
        plan_sha256=plan["plan_sha256"],
    )
    assert not done.get("failed")
    assert done["verdict"].startswith("Of 1 account, 0 were written and 1 was not: anna@contoso.com: ")
    lost = task.run([*READ, Turn(Add, (CLOSE,))], plan_sha256=plan["plan_sha256"])
    assert "It is unknown whether this change was made" in lost["verdict"]
    assert task.lines("result")[1]["change"]["cause"] == "connection_lost"


def test_without_the_hash_the_task_plans_and_fails_itself(task: Task) -> None:
    done = task.run([*READ, Turn(Add), looked_up(person(1, "anna"))])
    assert (done["verdict"], task.lines("result")[1]["change"]["status"]) == ("", "created")
    failed = task.run(READ, max_changes="0")
    assert (failed["failed"], failed["changed"]) == (True, False)
    assert "max_changes allows 0" in failed["msg"]
    assert task.lines("result")[1]["change"]["status"] == "unchanged"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"plan_sha256": "0" * 64}, "was changed after it was created"),
        ({"update": "always"}, "made with other options than this task (update)"),
        ({"max_changes": "5"}, "(max_changes)"),
        ({"plan_file": None}, "plan_file is empty"),
    ],
)
def test_another_plan_is_not_carried_out(task: Task, more: dict[str, Any], words: str) -> None:
    given = {"plan_sha256": task.plan()["plan_sha256"], **more}
    assert words in task.run([], **given)["msg"]


def test_a_plan_with_a_verdict_is_not_carried_out(task: Task) -> None:
    plan = task.plan(max_changes="0")
    assert "max_changes allows 0" in plan["verdict"]
    assert plan["changed"] is False
    assert "cannot be applied: Nothing was changed" in task.run([], plan_sha256=plan["plan_sha256"])["msg"]


def test_other_users_are_not_the_plan_s(task: Task) -> None:
    plan = task.plan()
    task.users(anna(), scope={"domains": ["fabrikam.com"]})
    assert "(scope)" in task.run([], plan_sha256=plan["plan_sha256"])["msg"]
    task.users(anna(), host="other")
    assert "was written for the host other" in task.run([])["msg"]


def test_nobody_is_a_plan_too(task: Task) -> None:
    task.users()
    plan = task.plan(BEGIN)
    assert (plan["verdict"], plan["summary"]["total"]) == ("", 0)
    assert task.run(BEGIN, plan_sha256=plan["plan_sha256"])["verdict"] == ""


def test_what_entra_says_of_password_hash_sync_counts(task: Task) -> None:
    facts: dict[str, Any] = {"summary": {}, "caveats": [], "password_hash_sync": None}
    task.users(anna(), facts=facts)
    plan = task.plan()
    assert "can no longer sign in with their cloud password" in plan["verdict"]
    assert plan["reviewable"]
    assert task.lines("plan")[1]["change"]["proposed"]
    assert task.plan(password_hash_sync=False)["verdict"] == ""


def test_a_reviewed_plan_keeps_only_what_it_has(task: Task) -> None:
    plan = task.plan()
    reviewed = Path(task.path("plan")).rename(task.folder / "reviewed.jsonl")
    given = {"reviewed_plan": str(reviewed), "reviewed_plan_sha256": plan["plan_sha256"]}
    task.users(anna(), {"user_principal_name": "bert@contoso.com", "id": ID[:-1] + "2"})
    fresh = task.plan(**given)
    assert fresh["summary"]["review"] == {"not_reviewed": 1, "changed_since_review": 0, "already_done": 0}
    assert (fresh["summary"]["created"], fresh["verdict"]) == (1, "")
    script = [*READ, Turn(Add), looked_up(person(1, "anna"))]
    done = task.run(script, plan_sha256=fresh["plan_sha256"], **given)
    assert done["verdict"] == ""
    assert task.lines("result")[0]["facts"]["reviewed_plan_sha256"] == plan["plan_sha256"]
    assert [user["change"]["status"] for user in task.lines("result")[1:]] == ["created", "not_reviewed"]
    other = task.run([], check=True, **given, path="OU=Other,DC=ad,DC=contoso,DC=com")
    assert "made with other options than this run (path)" in other["msg"]
    assert "belong together" in task.run([], check=True, reviewed_plan=str(reviewed), reviewed_plan_sha256="")["msg"]


def test_a_run_after_the_review_has_nothing_left_to_do(task: Task) -> None:
    plan = task.plan()
    reviewed = Path(task.path("plan")).rename(task.folder / "reviewed.jsonl")
    given = {"reviewed_plan": str(reviewed), "reviewed_plan_sha256": plan["plan_sha256"]}
    there = person(1, "anna", cn=["Anna"], displayName=["Anna"])
    there = Entry(f"CN=Anna,{OU}", {**there.values, "sAMAccountName": ["anna"], "userAccountControl": ["512"]})
    wanted = (*map(str.encode, reader.ATTRIBUTES), b"cn")
    named = ("equal", b"userPrincipalName", b"anna@contoso.com")
    search = Turn(Search(DOMAIN.encode(), SUB, named, wanted, (1000, b"")), looked_up(there).answers)
    again = task.plan([*BEGIN, search], **given)
    assert again["summary"]["review"] == {"not_reviewed": 0, "changed_since_review": 0, "already_done": 1}


def test_a_suffix_that_check_mode_did_not_add(task: Task) -> None:
    task.users(anna(user_principal_name="anna@fabrikam.com"))
    plan = task.plan([*BEGIN, NOBODY])
    assert "anna@fabrikam.com: The forest has no UPN suffix fabrikam.com. Add it" in plan["verdict"]
    assert task.plan(planned_upn_suffixes=["Fabrikam.com"])["verdict"] == ""
