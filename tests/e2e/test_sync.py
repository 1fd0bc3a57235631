# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain with its last stage: a cycle on the Entra Connect server, and the proof in Entra."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from outside import Control, Graph
from scheduler import HELD, Server

from playbooks import Ansible, Run

# What becomes of users whom Graph lets us prepare and a sync does not take, if their prediction is allowed.
MAPPED = "elif.kaya@contoso.com"
NOT_TAKEN = {MAPPED: "export_error", "mia.cloud@contoso.com": "pending"}
# Not prepared, whatever is allowed.
ADMINISTRATORS = [f"{name}@contoso.com" for name in ("carla.admin", "greta.leser", "nina.krause", "omar.haddad")]
# The cycle also exports the accounts that the prediction kept out of the hard match, and some of those are refused.
CHOICES = {"hybrid_identity_max_refused": "100%", "sync_unmatched": "warn", "sync_fail_on_run_errors": False}
BLINDLY = {
    **CHOICES,
    "hybrid_identity_allowed_outcomes": ["matched", "hard_match", "blocked"],
    "hard_match_hold_scheduler": False,
}


def read_proof(folder: Path) -> dict[str, dict[str, Any]]:
    """The AD users of a run's proof, by UPN."""
    header, *records, end = [json.loads(line) for line in (folder / "proof.jsonl").read_text("utf-8").splitlines()]
    assert (header["kind"], end) == ("proof", {"end": {"count": len(records)}})
    return {record["ad"]["user_principal_name"]: record for record in records if record["ad"]}


@pytest.mark.usefixtures("fresh")
def test_the_chain_ends_with_users_proven_to_be_synchronised(
    ansible: Ansible, connect: Path, graph: Graph, shows_no_secret: Callable[[Run], None]
) -> None:
    before = graph.users()
    predicted = ansible.playbook("hybrid.identity.site", "--check", "--diff", "-vvvv", variables=CHOICES)
    assert predicted.code == 0, predicted.failure
    assert "In check mode, nothing is proven" in predicted.output
    shows_no_secret(predicted)
    assert Server(connect).runs() == 0
    assert graph.users() == before

    done = ansible.playbook("hybrid.identity.site", "--diff", "-vvvv", variables=CHOICES)
    assert done.code == 0, done.failure
    shows_no_secret(done)
    door = "blockCloudObjectTakeoverThroughHardMatchEnabled: a sync matches no cloud user by ImmutableId."
    assert door in " ".join(done.output.split())
    assert "blockCloudObjectTakeoverThroughHardMatchEnabled" not in predicted.output
    # Import and synchronise both sides, export to Entra, export to AD (facts §5).
    assert Server(connect).runs() == 6
    proof = read_proof(done.folder)
    verified = [name for name, user in proof.items() if user["sync"]["status"] == "verified"]
    assert len(verified) > 30
    after = graph.users()
    for name in verified:
        found, earlier = after[name.lower()], before[name.lower()]
        assert found["onPremisesSyncEnabled"] is True
        assert found["id"] == earlier["id"]
        assert found["onPremisesImmutableId"] == proof[name]["change"]["immutable_id"]
        assert found["onPremisesProvisioningErrors"] == []
        assert found["onPremisesLastSyncDateTime"]
    assert {user["sync"]["status"] for user in proof.values()} == {"verified", "skipped"}
    assert all(proof[name]["sync"]["status"] == "skipped" for name in [*ADMINISTRATORS, "mia.cloud@contoso.com"])


@pytest.mark.usefixtures("fresh", "own_powershell")
def test_one_user_who_is_not_proven_fails_the_role(ansible: Ansible, connect: Path, control: Control) -> None:
    mapping = {"onPremisesObjectIdentifier": "0f6f2d2a-1c52-4b0e-8f0a-6f1f6f2f9b99"}
    control("PATCH", "users", [{"userPrincipalName": MAPPED, "lab": mapping}])
    run = ansible.playbook("hybrid.identity.site", "--skip-tags", "ad_domain", variables=BLINDLY)
    assert run.code == 2
    assert HELD not in run.output
    assert "2 of 33 users are not proven to be matched" in " ".join(run.output.split()), run.output
    proof = {name: user["sync"] for name, user in read_proof(run.folder).items()}
    unmatched = {name: sync["status"] for name, sync in proof.items() if sync["status"] not in ("verified", "skipped")}
    assert unmatched == NOT_TAKEN
    assert "InvalidHardMatch" in proof[MAPPED]["reason"]
    assert all(proof[name]["status"] == "skipped" for name in ADMINISTRATORS)


@pytest.mark.usefixtures("fresh")
def test_the_result_of_an_earlier_run_is_proven_once(ansible: Ansible, connect: Path) -> None:
    """After a hold that somebody kept, for example. A cycle runs only as long as users are open.

    The tag of the stage changes nothing: nothing else is in the playbook.
    """
    matched = ansible.playbook("hybrid.identity.hard_match", "--tags", "hard_match", variables=CHOICES)
    assert matched.code == 0, matched.failure
    for choice in ("last", matched.folder.name):
        later = ansible.playbook("hybrid.identity.sync", "--tags", "sync", variables={**CHOICES, "sync_run": choice})
        assert later.code == 0, later.failure
        assert later.folders == []
        assert Server(connect).runs() == 6
        statuses = [user["sync"]["status"] for user in read_proof(matched.folder).values()]
        assert set(statuses) == {"verified", "skipped"}
        if choice == "last":
            (matched.folder / "proof.jsonl").unlink()
    # A cycle exports only changes, so it does not export them again.
    again = {**CHOICES, "sync_run": "last", "sync_cycle": "always"}
    once_more = ansible.playbook("hybrid.identity.sync", variables=again)
    assert once_more.code == 0, once_more.failure
    assert Server(connect).runs() == 12


@pytest.mark.usefixtures("fresh")
def test_without_a_connect_server_the_stage_says_so(ansible: Ansible, connect: Path) -> None:
    variables = {"hybrid_identity_connect_host": ""}
    run = ansible.playbook("hybrid.identity.site", "--tags", "sync", variables=variables)
    assert run.code == 0, run.failure
    assert "No Entra Connect server is in the inventory" in " ".join(run.output.split())
    assert Server(connect).runs() == 0
