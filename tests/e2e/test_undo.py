# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back: the chain with a journal, rolled back, and every value cleared, by the playbooks."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from outside import Control, Directory, Graph
from support.module_runs import journal_lines
from support.polling import wait_until

from playbooks import Ansible, kill

PROPERTY = "onPremisesImmutableId"


@pytest.fixture
def journal(ansible: Ansible) -> Path:
    """The journal of tasks of one's own, in a folder of the run folder."""
    (ansible.runs / "killed").mkdir(mode=0o700)
    return ansible.runs / "killed" / "journal.jsonl"


@pytest.fixture
def unstamped(directory: Directory) -> Iterator[None]:
    """AD without the anchors that a test, or the cycles of earlier ones, wrote: those that the seed has stay."""
    for entry in directory.search("(sAMAccountType=805306368)", "mS-DS-ConsistencyGuid", "objectGUID"):
        if entry.get("ms-ds-consistencyguid") == entry["objectguid"]:
            directory.clear_attribute(entry["dn"][0].decode(), "mS-DS-ConsistencyGuid")
    before = anchors(directory)
    yield
    for name, values in anchors(directory).items():
        if values != before[name]:
            directory.clear_attribute(name, "mS-DS-ConsistencyGuid")


def anchors(directory: Directory) -> dict[str, list[bytes]]:
    found = directory.search("(sAMAccountType=805306368)", "mS-DS-ConsistencyGuid")
    return {entry["dn"][0].decode(): entry.get("ms-ds-consistencyguid", []) for entry in found}


def undo_of(run: str) -> dict[str, str]:
    return {"hybrid_identity_rollback": run}


def values(graph: Graph) -> dict[str, Any]:
    return {name: user[PROPERTY] for name, user in graph.users().items()}


def lines(journal: Path) -> list[dict[str, Any]]:
    return journal_lines(journal)


@pytest.mark.usefixtures("fresh", "unstamped")
def test_the_chain_and_back(ansible: Ansible, graph: Graph, directory: Directory, control: Control) -> None:
    choices = {
        "hybrid_identity_stages": ["upn_suffixes", "hard_match"],
        "hybrid_identity_max_refused": "100%",
        "hard_match_write_consistency_guid": "from_guid",
    }
    cloud, ad = values(graph), anchors(directory)
    control("DELETE", "requests")
    done = ansible.playbook("hybrid.identity.site", variables=choices)
    assert done.code == 0, done.failure
    journal, name = done.journal, done.folder.name
    assert {stat.S_IMODE(path.stat().st_mode) for path in done.folder.iterdir()} == {0o600}
    written = lines(journal)
    assert {(line["run"], line["outcome"]) for line in written} == {(name, "written")}
    by_attribute = {
        name: {line["id"]: line for line in written if line["attribute"] == name}
        for name in (PROPERTY, "mS-DS-ConsistencyGuid")
    }
    assert sum(map(len, by_attribute.values())) == len(written)
    sent = [
        request["path"].rpartition("/")[2] for request in control("GET", "requests") if request["method"] == "PATCH"
    ]
    assert sorted(sent) == sorted(by_attribute[PROPERTY])
    stamped = [name for name, now in anchors(directory).items() if now != ad[name]]
    assert len(stamped) == len(by_attribute["mS-DS-ConsistencyGuid"]) > 20

    undo = undo_of(name)
    size = journal.stat().st_size
    now = values(graph)
    looked = ansible.playbook("hybrid.identity.rollback", "--check", "--diff", variables=undo)
    assert looked.code == 0, looked.failure
    assert (journal.stat().st_size, values(graph)) == (size, now)
    back = ansible.playbook("hybrid.identity.rollback", "--diff", variables=undo)
    assert back.code == 0, back.failure
    assert (values(graph), anchors(directory)) == (cloud, ad)
    again = ansible.playbook("hybrid.identity.rollback", variables=undo)
    assert (again.code, again.recap()["changed"]) == (0, 0), again.failure


@pytest.mark.usefixtures("fresh")
def test_a_rollback_asks_for_the_run_by_name(ansible: Ansible) -> None:
    run = ansible.playbook("hybrid.identity.rollback")
    assert run.code == 2
    assert "Set hybrid_identity_rollback to the name of a run, or to last." in " ".join(run.output.split())
    run = ansible.playbook("hybrid.identity.rollback", variables=undo_of("last"))
    assert run.code == 2
    assert "has no run that changed anything, except for rollbacks" in " ".join(run.output.split())


@pytest.mark.once
@pytest.mark.usefixtures("fresh")
def test_clearing_everybody_and_back(ansible: Ansible, graph: Graph) -> None:
    cloud = values(graph)
    scope = {"hybrid_identity_clear_scope": "all_users"}
    planned = 0
    for expected in ({}, {"hybrid_identity_clear_expected": 1}, {"hybrid_identity_clear_expected": "100%"}):
        run = ansible.playbook("hybrid.identity.clear_immutable_id", variables={**scope, **expected})
        assert run.code == 2
        told = " ".join(run.output.split())
        found = re.search(
            r"The plan clears (\d+) ImmutableIds, but hybrid_identity_clear_expected is (not set|\S+)", told
        )
        assert found, run.output
        planned = int(found[1])
        assert planned > 1
        assert values(graph) == cloud
        assert run.folders == []

    counted = {**scope, "hybrid_identity_clear_expected": planned}
    run = ansible.playbook("hybrid.identity.clear_immutable_id", "--diff", variables=counted)
    assert run.code == 0, run.failure
    users = graph.users()
    eligible = {name for name, value in cloud.items() if value and users[name]["onPremisesSyncEnabled"] is None}
    left = {name for name in eligible if users[name][PROPERTY]}
    assert len(eligible - left) == planned >= 3
    assert all(name in run.output for name in left), left
    assert {name for name, value in values(graph).items() if value != cloud[name]} == eligible - left

    undo = undo_of("last")
    refused = ansible.playbook("hybrid.identity.rollback", variables=undo)
    assert refused.code == 2
    assert "so it does not restore it" in " ".join(refused.output.split())
    vouched = {**undo, "hybrid_identity_rollback_skip_checks": ["anchor_claims", "protected_accounts"]}
    back = ansible.playbook("hybrid.identity.rollback", variables=vouched)
    assert back.code == 0, back.failure
    assert values(graph) == cloud


@pytest.mark.once
@pytest.mark.usefixtures("fresh", "unstamped", "own_python")
def test_killed_in_the_middle_of_the_playbook(ansible: Ansible, graph: Graph, control: Control, journal: Path) -> None:
    """With all that it started at once, as a CI system ends a job."""
    # Six batches: one is answered, the others that are sent are held, and at most four are in flight.
    names = [f"user{number:03d}" for number in range(120)]
    control("POST", "users", [{"userPrincipalName": f"{name}@contoso.com", "displayName": name} for name in names])
    control("PUT", "settings", {"faults": [{"method": "PATCH", "skip": 25, "hold": True, "count": 100}]})
    cloud = values(graph)
    task = {
        "name": "Set",
        "hybrid.identity.entra_immutable_id": {
            "users": [
                {"user_principal_name": f"{name}@contoso.com", "object_guid": f"00000000-0000-4000-8000-{number:012d}"}
                for number, name in enumerate(names)
            ],
            "journal": str(journal),
        },
        "module_defaults": {"group/hybrid.identity.entra": "{{ hybrid_identity_entra }}"},
        "register": "result",
    }
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]
    path = ansible.folder / "killed.yml"
    path.write_text(json.dumps(play), encoding="utf-8")
    with ansible.start(str(path)) as process:
        try:
            wait_until(
                lambda: process.poll() is not None or (journal.exists() and b"written" in journal.read_bytes()),
                "the journal says that something was written",
            )
            assert process.poll() is None, process.communicate()
        finally:
            kill(process)
    control.let_go()

    run = ansible.tasks([task])
    assert run.code == 0, run.failure
    assert 0 < run.results["result"]["summary"]["set"] < len(names)
    now = values(graph)
    assert all(now[f"{name}@contoso.com"] for name in names)
    assert {line["outcome"] for line in lines(journal)} <= {"written", "aborted"}
    written = [line["user_principal_name"] for line in lines(journal) if line["outcome"] == "written"]
    assert sorted(written) == [f"{name}@contoso.com" for name in names]
    back = ansible.playbook("hybrid.identity.rollback", variables=undo_of("killed"))
    assert back.code == 0, back.failure
    assert values(graph) == cloud
