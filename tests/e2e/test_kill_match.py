# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""match_plan and match_apply killed at counted requests and writes: the next run ends it, each value is written once.

MATCH_KILLS sets how often they are killed.
"""

from __future__ import annotations

import contextlib
import os
import random
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts import bulk_users
from outside import Control, Directory, Graph, expected_immutable_id
from support.ldap_gate import LdapGate
from support.module_runs import ModuleRun, journal_lines, seeded

COUNT = 60
KILLS = int(os.environ.get("MATCH_KILLS", "6"))
ANCHOR, IMMUTABLE_ID = "mS-DS-ConsistencyGuid", "onPremisesImmutableId"
PLAN, RESULT = "hard_match-plan.jsonl", "hard_match-result.jsonl"
NAMES = [f"user{number:06d}@contoso.com" for number in range(1, COUNT + 1)]
pytestmark = pytest.mark.once


class Matches:
    """Plans and their applications, each in a folder of its own, with one journal."""

    def __init__(
        self, lab: dict[str, Any], control: Control, gate: LdapGate, folder: Path, started: contextlib.ExitStack
    ) -> None:
        self.folder = folder
        self.journal = folder / "journal.jsonl"
        self.gate = gate
        self._control = control
        self._started = started
        self._count = 0
        self._options = {
            **{key: lab["ldap"][key] for key in ("server", "ca_cert", "username", "password")},
            "port": gate.port,
            "tenant": lab["tenant"],
            "client_id": lab["client_id"],
            "secret": lab["secret"],
            "authority": lab["authority"],
            "disable_instance_discovery": True,
            "graph_url": lab["graph_url"],
            "graph_ca_cert": lab["ca_cert"],
            "_ansible_remote_tmp": str(folder.parent / "remote-tmp"),
        }

    def start(self, module: str, **options: Any) -> ModuleRun:
        return self._started.enter_context(ModuleRun(module, {**self._options, **options}))

    def plan(self) -> ModuleRun:
        self._count += 1
        self.run = self.folder / f"run-{self._count}"
        self.run.mkdir(mode=0o700)
        scope = {"search_base": "OU=Bulk,DC=ad,DC=contoso,DC=com"}
        ways = {"source_anchor": ANCHOR, "write_consistency_guid": "from_guid", "max_changes": COUNT}
        return self.start("match_plan", scope=scope, plan_file=str(self.run / PLAN), **ways)

    def apply(self, plan: dict[str, Any]) -> ModuleRun:
        files = {"result_file": str(self.run / RESULT), "journal": str(self.journal)}
        return self.start(
            "match_apply", plan_file=plan["plan_file"], plan_sha256=plan["plan_sha256"], run=plan["run"], **files
        )

    def hold(self, **fault: Any) -> None:
        """Hold each request to the tenant that matches, and each item of a batch."""
        self._control("PUT", "settings", {"faults": [{"hold": True, "count": 1_000_000, **fault}]})

    def kill_plan(self, requests: int) -> None:
        """Kill match_plan at the request to the tenant after so many."""
        self.hold(skip=requests)
        run = self.plan()
        run.wait_until(lambda: self._control.held()["requests"], f"{requests} requests are answered and one is held")
        self._end(run)

    def kill_at_anchor(self, writes: int, carried_out: bool) -> None:
        """Kill match_apply at the write in Active Directory after so many, which is carried out or lost."""
        plan = finished(self.plan())
        self.gate.let_through(writes, then_carry_out=carried_out)
        run = self.apply(plan)
        run.wait_until(lambda: self.gate.holding, f"{writes} writes are answered and one is held")
        self._end(run)

    def kill_at_immutable_id(self, writes: int, carried_out: bool) -> None:
        """Kill match_apply at the write in Entra after so many; all that are under way are carried out or lost."""
        plan = finished(self.plan())
        lost = {} if carried_out else {"status": 503}
        self.hold(method="PATCH", skip=writes, after=carried_out, **lost)
        run = self.apply(plan)
        run.wait_until(lambda: self._control.held()["requests"], f"{writes} writes are answered and one is held")
        self._end(run, **lost)

    def _end(self, run: ModuleRun, **lost: Any) -> None:
        run.kill()
        self.gate.forget()
        self._control.let_go(**lost)

    def files(self) -> dict[str, int]:
        """The permissions of all files of all runs, by name."""
        return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in self.folder.rglob("*") if not path.is_dir()}


def finished(run: ModuleRun) -> dict[str, Any]:
    result = run.result()
    assert not result.get("failed"), result.get("msg")
    assert result["verdict"] == "", result["verdict"]
    return result


@pytest.fixture
def matches(
    lab: dict[str, Any], state: Path, control: Control, directory: Directory, tmp_path: Path
) -> Iterator[Matches]:
    folder = tmp_path / "runs"
    folder.mkdir(mode=0o700)
    (tmp_path / "remote-tmp").mkdir(mode=0o700)
    with bulk_users(state, directory, COUNT):
        control("POST", "reset")
        control("POST", "users", [{"userPrincipalName": name, "mail": name, "displayName": name} for name in NAMES])
        with LdapGate(lab["ldap"], Path(lab["ca_cert"]).parent) as gate, contextlib.ExitStack() as started:
            yield Matches(lab, control, gate, folder, started)
        control("POST", "reset")


@pytest.fixture
def chance() -> random.Random:
    return seeded()


def changed(directory: Directory, graph: Graph) -> set[tuple[str, str]]:
    """Which attributes of which users have a value; before the first run, none has."""
    cloud = graph.users()
    stamped = directory.search(f"(&(sAMAccountName=user0*)({ANCHOR}=*))", "userPrincipalName")
    anchors = {(ANCHOR, entry["userprincipalname"][0].decode()) for entry in stamped}
    return anchors | {(IMMUTABLE_ID, name) for name in NAMES if cloud[name][IMMUTABLE_ID]}


def test_a_killed_match_is_ended_by_the_next_one(
    matches: Matches, directory: Directory, graph: Graph, control: Control, chance: random.Random
) -> None:
    control("DELETE", "requests")
    finished(matches.plan())
    requests = len(control("GET", "requests"))
    step = max(COUNT * 3 // (KILLS + 3), 1)

    for number in range(KILLS):
        phase = number * 3 // KILLS
        if phase == 0:
            matches.kill_plan(chance.randrange(requests))
        elif phase == 1:
            matches.kill_at_anchor(chance.randrange(step), carried_out=number % 2 == 0)
        else:
            # All that is carried out is nothing for the next run to be killed at.
            matches.kill_at_immutable_id(chance.randrange(step), carried_out=number == KILLS - 1)
        known = {(line["attribute"], line["user_principal_name"]) for line in journal_lines(matches.journal)}
        done = changed(directory, graph)
        assert known >= done, "changed without a line in the journal"
        assert phase or not done, "a plan changed something"

    finished(matches.apply(finished(matches.plan())))
    assert len(changed(directory, graph)) == 2 * COUNT
    cloud = graph.users()
    for entry in directory.search("(sAMAccountName=user0*)", "userPrincipalName", "objectGUID", ANCHOR):
        name = entry["userprincipalname"][0].decode()
        assert entry[ANCHOR.lower()] == entry["objectguid"]
        assert cloud[name][IMMUTABLE_ID] == expected_immutable_id(entry)
    lines = journal_lines(matches.journal)
    # Who had written before a kill is settled only if the same attribute of somebody is written later.
    counted = Counter(
        (line["attribute"], line["user_principal_name"]) for line in lines if line["outcome"] != "aborted"
    )
    assert counted == Counter((attribute, name) for attribute in (ANCHOR, IMMUTABLE_ID) for name in NAMES)

    again = finished(matches.plan())
    assert again["summary"]["changes"] == 0
    assert matches.files() == dict.fromkeys((PLAN, RESULT, "journal.jsonl"), 0o600)
    assert list((matches.folder.parent / "remote-tmp").iterdir()) == []
