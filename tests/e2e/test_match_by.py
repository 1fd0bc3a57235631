# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users whose names differ in the two directories: matched by address or by a mapping, and proven after a cycle."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from outside import Control, Directory, Graph, expected_immutable_id

from playbooks import Ansible

AD, CLOUD = "anna.berg@contoso.com", "anna.old@contoso.com"
SCOPE = {"hybrid_identity_scope": {"users": [AD]}, "sync_unmatched": "warn", "sync_fail_on_run_errors": False}
RENAMES = {"hybrid_identity_accepted_effects": {"sign_in_name_changed": [AD], "addresses_removed": [AD]}}


@pytest.fixture
def renamed(fresh: None, control: Control, graph: Graph) -> str:
    """Let Anna have another UPN in the cloud, and return the id of the cloud user."""
    cloud_id = str(graph.users()[AD]["id"])
    control("PATCH", "users", [{"id": cloud_id, "userPrincipalName": CLOUD}])
    return cloud_id


def value_of(directory: Directory) -> str:
    (entry,) = directory.search(f"(userPrincipalName={AD})", "objectGUID", "mS-DS-ConsistencyGuid")
    return expected_immutable_id(entry)


@pytest.mark.once
def test_by_address_from_the_plan_to_the_proof(
    ansible: Ansible, connect: Path, renamed: str, graph: Graph, directory: Directory, tmp_path: Path
) -> None:
    by_address = {**SCOPE, **RENAMES, "hard_match_by": "primary_smtp"}
    planned = ansible.playbook("hybrid.identity.preflight", variables=by_address)
    assert planned.code == 0, planned.failure
    change = planned.users("plan")[AD]["change"]
    assert (change["status"], planned.header("plan")["facts"]["reviewable"]) == ("set", True)
    refused = ansible.playbook("hybrid.identity.hard_match", variables=by_address)
    assert refused.code == 2
    assert "a run writes only reviewed changes" in " ".join(refused.output.split())
    assert graph.users()[CLOUD]["onPremisesImmutableId"] is None

    given = planned.hand_over(tmp_path)
    done = ansible.playbook("hybrid.identity.hard_match", variables={**by_address, **given})
    assert done.code == 0, done.failure
    assert graph.users()[CLOUD]["onPremisesImmutableId"] == value_of(directory)

    synced = ansible.playbook("hybrid.identity.sync", variables={**SCOPE, "sync_run": done.folder.name})
    assert synced.code == 0, synced.failure
    after = graph.users()
    assert CLOUD not in after
    assert (after[AD]["id"], after[AD]["onPremisesSyncEnabled"]) == (renamed, True)
    again = ansible.playbook("hybrid.identity.hard_match", variables=by_address)
    assert again.code == 0, again.failure
    assert again.header("plan")["facts"]["summary"]["changes"] == 0


@pytest.mark.once
def test_by_a_mapping_from_a_file(
    ansible: Ansible, renamed: str, graph: Graph, directory: Directory, tmp_path: Path
) -> None:
    (entry,) = directory.search(f"(userPrincipalName={AD})", "objectGUID")
    path = tmp_path / "pairs.csv"
    path.write_text(f"object_guid,id\n{UUID(bytes_le=entry['objectguid'][0])},{renamed}\n", "utf-8")
    by_mapping: dict[str, Any] = {**SCOPE, **RENAMES, "hard_match_by": "mapping", "hard_match_mapping": str(path)}
    relative = ansible.playbook("hybrid.identity.hard_match", variables={**by_mapping, "hard_match_mapping": "p.csv"})
    assert "use absolute paths in hard_match_report" in " ".join(relative.output.split())
    done = ansible.playbook("hybrid.identity.hard_match", "--diff", variables=by_mapping)
    assert done.code == 0, done.failure
    assert graph.users()[CLOUD]["onPremisesImmutableId"] == value_of(directory)
    undone = ansible.playbook("hybrid.identity.rollback", variables={"hybrid_identity_rollback": "last"})
    assert undone.code == 0, undone.failure
    assert graph.users()[CLOUD]["onPremisesImmutableId"] is None


@pytest.mark.once
def test_accounts_are_not_made_for_people_who_are_matched_otherwise(ansible: Ansible, renamed: str) -> None:
    chosen = {**SCOPE, "hard_match_by": "primary_smtp", "hybrid_identity_stages": ["accounts", "hard_match"]}
    run = ansible.playbook("hybrid.identity.site", variables=chosen)
    assert run.code == 2
    assert "Leave out the stage accounts, or match by user_principal_name." in " ".join(run.output.split())
    assert run.folders == []
