# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cycle takes all accounts in the scope of the server. One that is not hard-matched stops it before it starts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from outside import Directory, Graph
from scheduler import Server
from server_group import ServerGroup, filtered_by_group
from test_sync import read_proof

from playbooks import Ansible, Run

ANNA, ZOE = "anna.berg@contoso.com", "zoe.park@contoso.com"
SYNC = "hybrid.identity.sync"
ONLY_ANNA = {"hard_match_scope": {"users": [ANNA]}}


@pytest.fixture
def group(directory: Directory, server: Server) -> Iterator[ServerGroup]:
    with filtered_by_group(directory, server) as found:
        yield found


def told(run: Run) -> str:
    return " ".join(run.output.split())


@pytest.mark.usefixtures("fresh")
def test_an_account_outside_the_run_stops_the_cycle(
    ansible: Ansible, server: Server, graph: Graph, group: ServerGroup
) -> None:
    group.set_members(ANNA, ZOE)
    before = graph.users()
    predicted = ansible.playbook(SYNC, "--check", variables=ONLY_ANNA)
    assert predicted.code == 0, predicted.failure

    stopped = ansible.playbook(SYNC, variables=ONLY_ANNA)
    assert stopped.code == 2, stopped.failure
    assert (
        "No cycle was started, because it would process 1 user who is not hard-matched by this run: it soft-matches "
        f"{ZOE} to {ZOE}. Match these users, or remove their accounts from the scope of connect1." in told(stopped)
    )
    assert (server.runs(), graph.users()[ZOE]) == (0, before[ZOE])
    listed = [json.loads(line) for line in (stopped.folder / "cycle-plan.jsonl").read_text("utf-8").splitlines()]
    assert {each["ad"]["user_principal_name"] for each in listed[1:-1] if each["ad"]} == {ANNA, ZOE}

    group.set_members(ANNA)
    done = ansible.playbook(SYNC, variables={"sync_run": "last"})
    assert done.code == 0, done.failure
    assert {name: user["sync"]["status"] for name, user in read_proof(stopped.folder).items()} == {ANNA: "verified"}
    assert (server.runs(), graph.users()[ZOE]) == (6, before[ZOE])


@pytest.mark.usefixtures("fresh")
def test_a_server_that_does_not_synchronise_the_users_of_the_run(
    ansible: Ansible, server: Server, group: ServerGroup
) -> None:
    run = ansible.playbook(SYNC, variables=ONLY_ANNA)
    assert run.code == 2, run.failure
    assert "Nobody is in scope: the Entra Connect server synchronises no user of DC=ad,DC=contoso,DC=com." in told(run)
    assert server.runs() == 0
