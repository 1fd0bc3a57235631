# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pilot first, then the next group; and a run that stays red while an earlier one left somebody unproven."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from outside import Control, Directory, Graph
from scheduler import Server
from server_group import filtered_by_group
from test_sync import read_proof

from playbooks import Ansible, Run

ANNA, ZOE = "anna.berg@contoso.com", "zoe.park@contoso.com"
# Graph lets us prepare this user, and the sync does not take it.
MAPPED = "elif.kaya@contoso.com"
WAVES = "hybrid.identity.waves"
# The cycle exports all accounts of the directory, and some of them are refused.
CHOICES: dict[str, Any] = {"sync_fail_on_run_errors": False, "sync_unmatched": "warn"}


def waves(*users: str, **more: Any) -> dict[str, Any]:
    return {**CHOICES, "hybrid_identity_waves": [{"users": [name]} for name in users], **more}


def told(run: Run) -> str:
    return " ".join(run.output.split())


@pytest.mark.usefixtures("fresh")
def test_each_wave_is_proven_before_the_next(ansible: Ansible, connect: Path, graph: Graph) -> None:
    predicted = ansible.playbook(WAVES, "--check", variables=waves(ANNA, ZOE))
    assert predicted.code == 0, predicted.failure
    assert (Server(connect).runs(), graph.users()[ANNA]["onPremisesImmutableId"]) == (0, None)

    done = ansible.playbook(WAVES, variables=waves(ANNA, ZOE))
    assert done.code == 0, done.failure
    new = [folder for folder in done.folders if (folder / "proof.jsonl").exists()]
    assert len(new) == 2
    proofs = {name: user for folder in new for name, user in read_proof(folder).items()}
    assert {name: user["sync"]["status"] for name, user in proofs.items()} == {ANNA: "verified", ZOE: "verified"}
    assert [graph.users()[name]["onPremisesSyncEnabled"] for name in (ANNA, ZOE)] == [True, True]
    first, second = (told(done).index(f"Wave {number} of 2 is run") for number in (1, 2))
    assert first < told(done).index("verified in Entra ID") < second


@pytest.mark.usefixtures("fresh")
def test_a_pilot_that_is_not_proven_stops_the_next_wave(
    ansible: Ansible, connect: Path, graph: Graph, control: Control
) -> None:
    mapping = {"onPremisesObjectIdentifier": "0f6f2d2a-1c52-4b0e-8f0a-6f1f6f2f9b99"}
    control("PATCH", "users", [{"userPrincipalName": MAPPED, "lab": mapping}])
    allowed = ["matched", "hard_match", "blocked"]
    run = ansible.playbook(WAVES, variables=waves(MAPPED, ZOE, hybrid_identity_allowed_outcomes=allowed))
    assert run.code == 2, run.failure
    assert "1 of 1 user is not proven to be matched" in told(run)
    assert "Wave 2 of 2" not in told(run)
    assert [header["scope"] for header in [run.header("plan")]] == [{"users": [MAPPED]}]
    assert {name: user["sync"]["status"] for name, user in read_proof(run.folder).items()} == {MAPPED: "export_error"}


@pytest.mark.usefixtures("fresh")
def test_a_pilot_of_whom_nobody_is_matched_stops_the_next_wave(ansible: Ansible, connect: Path) -> None:
    everybody_refused = waves("carla.admin@contoso.com", ZOE, hybrid_identity_max_refused="100%")
    run = ansible.playbook(WAVES, variables=everybody_refused)
    assert run.code == 2, run.failure
    assert "No user of wave 1 is proven to be matched" in told(run)
    assert len(run.folders) == 1
    assert Server(connect).runs() == 0


@pytest.mark.usefixtures("fresh")
def test_accounts_of_later_waves_in_the_scope_of_the_server_stop_the_first_cycle(
    ansible: Ansible, server: Server, graph: Graph, directory: Directory
) -> None:
    before = graph.users()
    with filtered_by_group(directory, server) as group:
        group.set_members(ANNA, ZOE)
        run = ansible.playbook(WAVES, variables=waves(ANNA, ZOE, sync_unmatched="fail"))
        assert run.code == 2, run.failure
        assert f"1 user who is not hard-matched by this run: it soft-matches {ZOE} to {ZOE}." in told(run)
        assert (len(run.folders), server.runs(), graph.users()[ZOE]) == (1, 0, before[ZOE])
        group.set_members(ANNA)
        pilot = ansible.playbook(WAVES, variables=waves(ANNA, sync_unmatched="fail"))
        assert pilot.code == 0, pilot.failure
        assert (server.runs(), graph.users()[ZOE]) == (6, before[ZOE])


@pytest.mark.usefixtures("fresh")
def test_a_sync_is_red_until_an_earlier_run_is_proven(ansible: Ansible, connect: Path) -> None:
    earlier = ansible.playbook("hybrid.identity.hard_match", variables={"hard_match_scope": {"users": [ANNA]}})
    assert earlier.code == 0, earlier.failure
    run = ansible.playbook("hybrid.identity.sync", variables={**CHOICES, "hard_match_scope": {"users": [ZOE]}})
    assert run.code == 2, run.failure
    assert {user["sync"]["status"] for user in read_proof(run.folder).values()} == {"verified"}
    named = f"1 user of earlier runs is neither proven nor cleared: {ANNA} (run {earlier.folder.name})"
    assert named.lower() in told(run).lower()
    for name in (earlier.folder.name, run.folder.name):
        later = ansible.playbook("hybrid.identity.sync", variables={**CHOICES, "sync_run": name})
        assert later.code == 0, later.failure


@pytest.mark.usefixtures("fresh")
def test_a_rollback_clears_what_an_earlier_run_left(ansible: Ansible, connect: Path) -> None:
    earlier = ansible.playbook("hybrid.identity.hard_match", variables={"hard_match_scope": {"users": [ANNA]}})
    assert earlier.code == 0, earlier.failure
    back = ansible.playbook("hybrid.identity.rollback", variables={"hybrid_identity_rollback": earlier.folder.name})
    assert back.code == 0, back.failure
    run = ansible.playbook("hybrid.identity.sync", variables={**CHOICES, "hard_match_scope": {"users": [ZOE]}})
    assert run.code == 0, run.failure
