# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain with its last stage: a cycle on the Entra Connect server, and the proof in Entra."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from outside import Control, Graph
from scheduler import HELD, Server

from playbooks import Ansible, Run

# What becomes of users whom Graph lets us prepare and a sync does not take, without a preflight.
MAPPED = "elif.kaya@contoso.com"
NOT_TAKEN = {MAPPED: "export_error", "mia.cloud@contoso.com": "pending"}
# Not prepared with or without one.
ADMINISTRATORS = [f"{name}@contoso.com" for name in ("carla.admin", "greta.leser", "nina.krause", "omar.haddad")]
# The cycle also exports the accounts that the preflight kept out of the hard match, and some of those are refused.
CHOICES = {"hard_match_on_refused": "skip", "sync_fail_on_run_errors": False}
BLINDLY = {**CHOICES, "hard_match_preflight": False, "hard_match_hold_scheduler": False}


@pytest.mark.usefixtures("fresh")
def test_the_chain_ends_with_users_proven_to_be_synchronised(
    ansible: Ansible, connect: Path, graph: Graph, shows_no_secret: Callable[[Run], None], tmp_path: Path
) -> None:
    before = graph.users()
    choices = {**CHOICES, "sync_result_file": str(tmp_path / "proof.json")}
    predicted = ansible.playbook("hybrid.identity.site", "--check", "--diff", "-vvvv", variables=choices)
    assert predicted.code == 0, predicted.output
    shows_no_secret(predicted)
    assert Server(connect).runs() == 0
    assert graph.users() == before

    done = ansible.playbook("hybrid.identity.site", "--diff", "-vvvv", variables=choices)
    assert done.code == 0, done.output
    shows_no_secret(done)
    # Import and synchronise both sides, export to Entra, export to AD (facts §5).
    assert Server(connect).runs() == 6
    proof = {user["user_principal_name"]: user for user in json.loads((tmp_path / "proof.json").read_text())["users"]}
    verified = [name for name, user in proof.items() if user["status"] == "verified"]
    assert len(verified) > 30
    after = graph.users()
    for name in verified:
        found, earlier = after[name.lower()], before[name.lower()]
        assert found["onPremisesSyncEnabled"] is True
        assert found["id"] == earlier["id"]
        assert found["onPremisesImmutableId"] == proof[name]["immutable_id"]
        assert found["onPremisesProvisioningErrors"] == []
        assert found["onPremisesLastSyncDateTime"]
    assert {user["status"] for user in proof.values()} == {"verified", "skipped"}
    assert all(proof[name]["status"] == "skipped" for name in [*ADMINISTRATORS, "mia.cloud@contoso.com"])


@pytest.mark.usefixtures("fresh")
def test_one_user_who_is_not_proven_fails_the_role(
    ansible: Ansible, connect: Path, control: Control, tmp_path: Path
) -> None:
    mapping = {"onPremisesObjectIdentifier": "0f6f2d2a-1c52-4b0e-8f0a-6f1f6f2f9b99"}
    control("PATCH", "users", [{"userPrincipalName": MAPPED, "lab": mapping}])
    variables = {**BLINDLY, "sync_result_file": str(tmp_path / "proof.json")}
    run = ansible.playbook("hybrid.identity.site", "--skip-tags", "domain", variables=variables)
    assert run.code == 2
    assert HELD not in run.output
    assert "2 of 34 users are not proven to be matched" in " ".join(run.output.split()), run.output
    proof = {user["user_principal_name"]: user for user in json.loads((tmp_path / "proof.json").read_text())["users"]}
    unmatched = {name: user["status"] for name, user in proof.items() if user["status"] not in ("verified", "skipped")}
    assert unmatched == NOT_TAKEN
    assert "InvalidHardMatch" in proof[MAPPED]["reason"]
    assert all(proof[name]["status"] == "skipped" for name in ADMINISTRATORS)


@pytest.mark.usefixtures("fresh")
def test_without_a_connect_server_the_stage_says_so(ansible: Ansible, connect: Path) -> None:
    variables = {"hybrid_identity_connect_host": ""}
    run = ansible.playbook("hybrid.identity.site", "--tags", "sync", variables=variables)
    assert run.code == 0, run.output
    assert "No Entra Connect server is in the inventory" in " ".join(run.output.split())
    assert Server(connect).runs() == 0
