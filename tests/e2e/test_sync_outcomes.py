# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cycle comes to, by name: from AD over the Connect server to the tenant, with the words that a person reads."""

from __future__ import annotations

from typing import Any

import pytest
from outside import Control, Directory, Graph, expected_immutable_id

from playbooks import Ansible, Run

FOREIGN = "QUFBQUFBQUFBQUFBQUFBQQ=="
MATCHED = ["anna.berg@contoso.com", "pia.sommer@fabrikam.com"]
DEFAULTS = {
    "module_defaults": {
        "group/hybrid.identity.ad": "{{ hybrid_identity_ad }}",
        "group/hybrid.identity.entra": "{{ hybrid_identity_entra }}",
    }
}


def cycle(ansible: Ansible, *names: str) -> Run:
    """Hard-match Anna and Pia, run a cycle, and look at them and at ``names``."""
    tasks: list[dict[str, Any]] = [
        {"name": "Read", "hybrid.identity.ad_user_guid": {"identities": MATCHED}, "register": "ad"},
        {"name": "Match", "hybrid.identity.entra_immutable_id": {"users": "{{ ad.users }}"}, "register": "matched"},
        {
            "name": "Cycle",
            "hybrid.identity.adsync_cycle": {"fail_on_error": False, "poll_interval": 1},
            "delegate_to": "connect1",
            "register": "cycle",
        },
        {"name": "Read", "hybrid.identity.ad_user_guid": {"identities": [*MATCHED, *names]}, "register": "looked_at"},
        {
            "name": "Prove",
            "hybrid.identity.entra_sync_info": {
                "users": "{{ looked_at.users }}",
                "export_errors": "{{ cycle.export_errors }}",
            },
            "register": "proof",
        },
    ]
    run = ansible.tasks(tasks, **DEFAULTS)
    assert run.code == 0, run.failure
    assert run.results["cycle"]["outcome"] == "errors"
    return run


def refused(run: Run) -> dict[str, dict[str, Any]]:
    """The export errors by whom they concern."""
    errors = run.results["cycle"]["export_errors"]
    return {error["user_principal_name"] or error["on_premises_distinguished_name"]: error for error in errors}


def proven(run: Run) -> dict[str, dict[str, Any]]:
    return {user["user_principal_name"].lower(): user for user in run.results["proof"]["users"]}


@pytest.mark.usefixtures("fresh", "connect")
def test_matches_and_conflicts(ansible: Ansible, control: Control, directory: Directory, graph: Graph) -> None:
    control(
        "PUT",
        "switches",
        {"quarantineUponUpnConflictEnabled": False, "quarantineUponProxyAddressesConflictEnabled": False},
    )
    changes = [
        {"userPrincipalName": "nora.haas@fabrikam.com", "onPremisesImmutableId": FOREIGN},
        {
            "userPrincipalName": "scanner@contoso.com",
            "proxyAddresses": ["SMTP:scanner@contoso.com", "smtp:pia.sommer@fabrikam.com"],
        },
        {"userPrincipalName": "pia.sommer@fabrikam.com", "mail": None, "proxyAddresses": []},
    ]
    control("PATCH", "users", changes)
    before = graph.users()
    run = cycle(ansible, "karl.busch@contoso.com", "nora.haas@fabrikam.com")
    errors, proof, after = refused(run), proven(run), graph.users()

    assert errors["nora.haas@fabrikam.com"]["code"] == "InvalidSoftMatch"
    assert ("set the ImmutableId to the value of this account (entra_immutable_id)") in errors[
        "nora.haas@fabrikam.com"
    ]["advice"]
    assert errors["pia.sommer@fabrikam.com"]["code"] == "AttributeValueMustBeUnique"
    assert "Another object in Entra ID has the same value" in errors["pia.sommer@fabrikam.com"]["advice"]
    room = next(error for name, error in errors.items() if "Board Room" in name)
    assert room["code"] == "ObjectTypeMismatch"
    assert "An object of another type in Entra ID has the same address" in room["advice"]
    assert "export_errors lists them and says what to do" in run.results["cycle"]["msg"]

    assert proof["anna.berg@contoso.com"]["status"] == "verified"
    assert proof["pia.sommer@fabrikam.com"]["status"] == "export_error"
    assert "AttributeValueMustBeUnique" in proof["pia.sommer@fabrikam.com"]["reason"]
    assert proof["nora.haas@fabrikam.com"]["status"] == "different_immutable_id"
    # Nobody set his ImmutableId: the sync found him by his address and stamped it.
    assert proof["karl.busch@contoso.com"]["status"] == "verified"
    karl = directory.search("(userPrincipalName=karl.busch@contoso.com)", "objectGUID", "mS-DS-ConsistencyGuid")
    assert after["karl.busch@contoso.com"]["onPremisesImmutableId"] == expected_immutable_id(karl[0])
    assert after["karl.busch@contoso.com"]["id"] == before["karl.busch@contoso.com"]["id"]
    # In AD alone: a user was made.
    assert "otto.onlyad@contoso.com" in after
    assert "otto.onlyad@contoso.com" not in before


@pytest.mark.usefixtures("fresh", "connect")
def test_switches_and_quarantine(ansible: Ansible, control: Control, graph: Graph) -> None:
    control("PUT", "switches", {"blockCloudObjectTakeoverThroughHardMatchEnabled": True, "blockSoftMatchEnabled": True})
    run = cycle(ansible, "karl.busch@contoso.com")
    errors, proof = refused(run), proven(run)
    assert errors["anna.berg@contoso.com"]["code"] == "InvalidHardMatch"
    assert "hard matches are blocked for the tenant" in errors["anna.berg@contoso.com"]["advice"]
    assert proof["anna.berg@contoso.com"]["status"] == "export_error"
    # facts §2: with the soft match blocked, what would have been one becomes a second, quarantined user.
    assert proof["karl.busch@contoso.com"]["status"] == "second_user"
    assert "karl.busch@contoso.com" in proof["karl.busch@contoso.com"]["reason"]
    placeholders = [name for name in graph.users() if name.startswith("karl.busch+")]
    assert len(placeholders) == 1
