# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant that synchronizes while no Entra Connect server is named: nobody holds the engine, so nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from outside import Control
from test_chain import dump

from playbooks import Ansible

PLAYBOOK = "hybrid.identity.hard_match"
SCOPE = {"hybrid_identity_scope": {"users": ["anna.berg@contoso.com"]}}
HELD = {"hard_match_hold_scheduler": False, "hybrid_identity_source_anchor": "objectGUID"}


@pytest.fixture
def synchronizing(fresh: None, control: Control) -> None:
    """An engine has run a cycle."""
    control("POST", "provision", {"objects": []})


@pytest.mark.usefixtures("synchronizing")
def test_nothing_is_written_while_nobody_holds_the_engine(ansible: Ansible, state: Path) -> None:
    before = dump(state)
    planned = ansible.playbook(PLAYBOOK, "--check", variables=SCOPE)
    assert planned.code == 0, planned.failure
    incomplete: list[dict[str, Any]] = [{}, {"hard_match_hold_scheduler": False}]
    for variables in incomplete:
        refused = ansible.playbook(PLAYBOOK, variables={**SCOPE, **variables})
        assert refused.code == 2, refused.failure
        assert (
            "Nothing was changed. A sync engine is connected to the tenant, but no Entra Connect server is set"
            in " ".join(refused.output.split())
        )
        assert dump(state) == before
    done = ansible.playbook(PLAYBOOK, variables={**SCOPE, **HELD})
    assert done.code == 0, done.failure
    assert [change["status"] for change in done.changes().values()] == ["set"]
    # With nobody to write, nobody has to hold it.
    assert ansible.playbook(PLAYBOOK, variables=SCOPE).code == 0


@pytest.mark.usefixtures("fresh")
def test_without_the_permission_the_engine_counts_as_connected(ansible: Ansible, control: Control, state: Path) -> None:
    fault = {"method": "GET", "path": "^/organization", "status": 403, "count": 1000}
    control("PUT", "settings", {"faults": [fault]})
    before = dump(state)
    refused = ansible.playbook(PLAYBOOK, variables=SCOPE)
    assert refused.code == 2, refused.failure
    said = " ".join(refused.output.split())
    assert "It could not be read whether a sync engine is connected to the tenant" in said
    assert "grant the app Organization.Read.All" in said
    assert dump(state) == before
