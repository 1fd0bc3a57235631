# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Awkward people from the cloud alone to the proof: account, hard match, cycle, nothing in quarantine, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts import unit
from outside import Control, Directory, Graph, expected_immutable_id
from scheduler import HELD, Server
from test_chain import dump
from test_sync import read_proof

from playbooks import Ansible

DOMAIN = "contoso.com"
LONG = "Maximiliane Alexandra Wilhelmine von und zu Hohenstein-Sonnenberg-Falkenau"
UNKNOWN_COUNTRY = f"edda.atlan@{DOMAIN}"
# What must be the same in the cloud after AD has become the authority.
KEPT = ("displayName", "givenName", "surname", "mail", "proxyAddresses", "department", "country", "accountEnabled")


def person(name: str, display: str, **more: Any) -> dict[str, Any]:
    upn = f"{name}@{DOMAIN}"
    return {"userPrincipalName": upn, "displayName": display, "mail": upn, "department": "Sales", **more}


PEOPLE = [
    person("sinead.o'connor", "Sinéad O'Connor", givenName="Sinéad", surname="O'Connor"),
    person("doe.john", "Doe, John", givenName="John", surname="Doe"),
    person("night#shift", "#Night Shift #2", givenName="Night", surname="#Shift"),
    person("kit.star", "Kit *Star* (Art) \\ Night", givenName="Kit", surname="*Star*"),
    person("joerg.groesser", "Jörg Größer", givenName="Jörg", surname="Größer", country="Austria"),
    person("maximiliane", LONG, givenName="Maximiliane", surname="von und zu Hohenstein-Sonnenberg-Falkenau"),
    person("alexander.featherstonehaugh.1", "Alex Kim", givenName="Alex", surname="Kim"),
    person("alexander.featherstonehaugh.2", "Alex Kim", givenName="Alex", surname="Kim"),
    person("madonna", "Madonna", givenName="Madonna"),
    person(
        "many",
        "Many Names",
        proxyAddresses=[f"SMTP:many@{DOMAIN}", *(f"smtp:many.{number}@{DOMAIN}" for number in range(2, 41))],
        country="Germany",
    ),
    person("resting", "Resting Person", accountEnabled=False),
    person("edda.atlan", "Edda Atlan", country="Atlantis"),
]
NAMES = [user["userPrincipalName"] for user in PEOPLE]


@pytest.fixture
def path(control: Control, directory: Directory, fresh: None) -> Iterator[str]:
    control("POST", "users", PEOPLE)
    with unit(directory, "Awkward") as dn:
        yield dn


def cloud(control: Control) -> dict[str, dict[str, Any]]:
    """The people as the tenant stores them, by UPN."""
    users = control("GET", "dump")["user"]
    return {user["userPrincipalName"]: user for user in users if user["userPrincipalName"] in NAMES}


def test_every_awkward_person_is_matched_and_proven(
    ansible: Ansible,
    state: Path,
    server: Server,
    directory: Directory,
    graph: Graph,
    control: Control,
    path: str,
    tmp_path: Path,
) -> None:
    variables = {
        "hybrid_identity_stages": ["upn_suffixes", "accounts", "hard_match", "sync"],
        "accounts_scope": {"users": NAMES},
        "accounts_path": path,
        "hard_match_scope": {"search_base": path},
    }
    # The accounts of the seed are not hard-matched here.
    (forest,) = server.read("estate.json")["forests"]
    server.change("estate.json", forests=[{**forest, "search_base": path}])
    before, everything = cloud(control), dump(state)
    predicted = ansible.playbook("hybrid.identity.site", "--check", "--diff", variables=variables)
    assert predicted.code == 0, predicted.failure
    assert dump(state) == everything

    done = ansible.playbook("hybrid.identity.site", variables=variables)
    assert done.code == 0, done.failure
    # Suffixes, accounts, ImmutableIds and a cycle; the scheduler is held from the first account on, and put back.
    assert done.recap()["changed"] == 4
    tasks = (HELD, "accounts : Create the missing accounts]", "hard_match : Apply]", "Release the scheduler")
    places = [done.output.index(task) for task in tasks]
    assert places == sorted(places)
    assert (server.enabled(), server.noted()) == (True, [])
    accounts = {user["user_principal_name"]: user for user in done.accounts()["users"]}
    assert "'Atlantis' is not a country of ISO 3166" in accounts[UNKNOWN_COUNTRY]["left_out"]["country"]
    made = set(NAMES)
    assert {name for name, user in accounts.items() if user["status"] == "created"} == made

    found = {
        entry["userprincipalname"][0].decode(): entry
        for entry in directory.search("(objectClass=user)", "userPrincipalName", "objectGUID", "displayName", base=path)
    }
    assert set(found) == made
    assert found[f"maximiliane@{DOMAIN}"]["displayname"] == [LONG.encode()]
    matched, proof = done.changes(), read_proof(done.folder)
    assert {name: matched[name]["status"] for name in made} == dict.fromkeys(made, "set")
    assert {name: user["sync"]["status"] for name, user in proof.items()} == dict.fromkeys(made, "verified")

    after, seen = cloud(control), graph.users()
    for name in made:
        assert after[name]["id"] == before[name]["id"]
        assert seen[name]["onPremisesSyncEnabled"] is True
        assert seen[name]["onPremisesProvisioningErrors"] == []
        assert seen[name]["onPremisesImmutableId"] == expected_immutable_id(found[name])
        for key in KEPT:
            assert kept(after[name], key) == kept(before[name], key), (name, key)

    # Where all are matched, no cycle is run.
    cycles, everything = server.runs(), dump(state)
    again = ansible.playbook("hybrid.identity.site", variables=variables)
    assert again.code == 0, again.failure
    assert again.recap()["changed"] == 0
    assert server.runs() == cycles
    assert dump(state) == everything
    assert (server.enabled(), server.noted()) == (True, [])


def kept(user: dict[str, Any], key: str) -> Any:
    value = user.get(key)
    return sorted(value) if isinstance(value, list) else value
