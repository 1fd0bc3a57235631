# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand AD users and a thousand cloud users, matched by one task each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from accounts import bulk_users
from outside import Control, Directory, Graph, expected_immutable_id
from support.request_formula import count_requests

from playbooks import Ansible, Run

COUNT = 1000
BASE = "OU=Bulk,DC=ad,DC=contoso,DC=com"
READ: dict[str, Any] = {
    "name": "Read",
    "hybrid.identity.ad_user_guid": {"search_base": BASE},
    "register": "ad",
}
MATCH = {"name": "Match", "hybrid.identity.entra_immutable_id": {"users": "{{ ad.users }}"}, "register": "entra"}
ROLE: dict[str, Any] = {
    "name": "Match",
    "ansible.builtin.include_role": {"name": "hybrid.identity.hard_match"},
    "vars": {"hard_match_scope": {"search_base": BASE}},
}
# Role-assignable groups of the seed.
ROLE_GROUPS = 1
DEFAULTS = {
    "module_defaults": {
        "group/hybrid.identity.ad": "{{ hybrid_identity_ad }}",
        "group/hybrid.identity.entra": "{{ hybrid_identity_entra }}",
    }
}


def fill(control: Control) -> None:
    """The seed's tenant, and the thousand."""
    control("POST", "reset")
    names = [f"user{number:06d}" for number in range(1, COUNT + 1)]
    twins = [{"userPrincipalName": f"{n}@contoso.com", "mail": f"{n}@contoso.com", "displayName": n} for n in names]
    control("POST", "users", twins)


@pytest.fixture(scope="module")
def thousand(state: Path, control: Control, directory: Directory) -> Iterator[None]:
    """A thousand in both directories, none of them matched."""
    with bulk_users(state, directory, COUNT):
        fill(control)
        yield
        control("POST", "reset")


@dataclass
class Matched:
    """The run that matched all of them, and what it asked of Graph."""

    run: Run
    requests: list[dict[str, Any]]


@pytest.fixture(scope="module")
def matched(
    thousand: None, control: Control, without_connect: Path, tmp_path_factory: pytest.TempPathFactory
) -> Matched:
    """All of them matched. A test that needs them as they were comes before the first that asks for this."""
    control("DELETE", "requests")
    run = Ansible(without_connect, tmp_path_factory.mktemp("thousand")).tasks([READ, MATCH], **DEFAULTS)
    assert run.code == 0, run.failure
    return Matched(run, control("GET", "requests"))


@pytest.mark.usefixtures("thousand")
def test_a_preflight_costs_a_few_requests_for_the_tenant(
    ansible: Ansible, control: Control, lab: dict[str, Any]
) -> None:
    plan = {
        "name": "Plan",
        "hybrid.identity.match_plan": {"scope": {"search_base": BASE}, **lab["apps"]["preflight"]},
        "register": "plan",
    }
    control("DELETE", "requests")
    run = ansible.tasks([plan], **DEFAULTS)
    assert run.code == 0, run.failure
    assert run.results["plan"]["summary"]["outcomes"]["hard_match"] == COUNT
    # No app token may read the tenant's switches (facts §0.5), which is said once.
    assert sum("tenant_switches" in sentence for sentence in run.results["plan"]["caveats"]) == 2
    on_the_wire = [request for request in control("GET", "requests") if "batch" not in request]
    roles = [request for request in on_the_wire if "roleManagement" in request["path"]]
    assert 0 < len(roles) <= 5, [request["path"] for request in roles]
    # Some for the tenant, two listings of the users in two pages each, and nothing that grows with the users to match.
    assert len(on_the_wire) <= 30, [request["path"] for request in on_the_wire]


def test_a_thousand_users_are_matched_by_one_task(matched: Matched, directory: Directory, graph: Graph) -> None:
    results = matched.run.results
    assert results["ad"]["summary"]["found"] == COUNT
    assert results["entra"]["summary"] | {"set": COUNT, "total": COUNT} == results["entra"]["summary"]
    writes = [request for request in matched.requests if request["method"] == "PATCH"]
    assert len(writes) == COUNT
    assert all("batch" in request for request in writes)
    # Fifty batches of twenty, two pages of a tenant of some 1,050 users, what shows that paging is cheaper, and four
    # that find out about administrators.
    on_the_wire = [request for request in matched.requests if "batch" not in request]
    assert len(on_the_wire) <= COUNT / 20 + 12, len(on_the_wire)

    cloud = graph.users()
    found = directory.search("(sAMAccountName=user0*)", "userPrincipalName", "objectGUID")
    assert len(found) == COUNT
    for entry in found:
        assert cloud[entry["userprincipalname"][0].decode()]["onPremisesImmutableId"] == expected_immutable_id(entry)


@pytest.mark.usefixtures("matched")
def test_a_second_run_lists_the_users_and_ends(ansible: Ansible, control: Control) -> None:
    """By the modules and by the role."""
    control("DELETE", "requests")
    second = ansible.tasks([READ, MATCH], "--diff", **DEFAULTS)
    assert second.code == 0, second.failure
    assert not second.results["entra"]["changed"]
    assert second.results["entra"]["summary"]["unchanged"] == COUNT
    only_lists_the_users(control, others=3)

    control("DELETE", "requests")
    third = ansible.tasks([ROLE], **DEFAULTS)
    assert third.code == 0, third.failure
    only_lists_the_users(control, others=5)


def only_lists_the_users(control: Control, others: int) -> None:
    requests = control("GET", "requests")
    assert {request["method"] for request in requests} == {"GET"}, {request["method"] for request in requests}
    pages = [request for request in requests if request["path"] == "/v1.0/users"]
    assert len(pages) == 2
    assert len(requests) <= len(pages) + others, [request["path"] for request in requests]


@pytest.mark.usefixtures("matched")
def test_clearing_sends_null(ansible: Ansible, graph: Graph, control: Control) -> None:
    names = [f"user{number:06d}@contoso.com" for number in range(1, 42)]
    control("DELETE", "requests")
    clear: dict[str, Any] = {
        "name": "Clear",
        "hybrid.identity.entra_immutable_id": {
            "users": [{"user_principal_name": name} for name in names],
            "state": "absent",
        },
        "register": "cleared",
    }
    run = ansible.tasks([clear], **DEFAULTS)
    assert run.code == 0, run.failure
    assert run.results["cleared"]["summary"]["cleared"] == len(names)
    bodies = [request["body"] for request in control("GET", "requests") if request["method"] == "PATCH"]
    assert [json.loads(body) for body in bodies] == [{"onPremisesImmutableId": None}] * len(names)
    cloud = graph.users()
    assert all(cloud[name]["onPremisesImmutableId"] is None for name in names)
    assert cloud["user000042@contoso.com"]["onPremisesImmutableId"]


@pytest.mark.usefixtures("thousand")
def test_the_role_makes_the_requests_that_the_docs_say(ansible: Ansible, control: Control) -> None:
    fill(control)
    tenant_users = control("GET", "health")["users"]
    control("DELETE", "requests")
    run = ansible.tasks([ROLE], **DEFAULTS)
    assert run.code == 0, run.failure
    assert len(run.changes()) == COUNT
    on_the_wire = [request["path"] for request in control("GET", "requests") if "batch" not in request]
    assert len(on_the_wire) == count_requests(tenant_users, COUNT, ROLE_GROUPS), on_the_wire
