# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scheduler of Entra Connect while ImmutableIds are written: held, and as before in every ending."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from accounts import SUFFIX, choices, crowd, unit
from outside import Control, Directory, Graph, expected_immutable_id
from scheduler import HELD, Server
from support.resident_powershell import ResidentPowerShell

from lab.connect_server import environment
from playbooks import Ansible

ANNA = "anna.berg@contoso.com"
ONE: dict[str, Any] = {"hard_match_scope": {"users": [ANNA]}}


def immutable_id(graph: Graph) -> Any:
    return graph.users()[ANNA]["onPremisesImmutableId"]


def other_anchor(directory: Directory) -> str:
    """Somebody whose mS-DS-ConsistencyGuid is not the objectGUID, which is what earlier cycles have written."""
    found = directory.search(
        "(&(mS-DS-ConsistencyGuid=*)(userPrincipalName=*@contoso.com))",
        "userPrincipalName",
        "objectGUID",
        "mS-DS-ConsistencyGuid",
    )
    names = [each["userprincipalname"][0] for each in found if each["objectguid"] != each["ms-ds-consistencyguid"]]
    return names[0].decode()


@pytest.mark.usefixtures("fresh")
def test_it_is_put_back_after_a_refused_plan_and_after_a_failure(
    ansible: Ansible, server: Server, control: Control, graph: Graph
) -> None:
    before = graph.users()
    # Some of the seed's users are refused. The verdict stops the role before the hold.
    refused = ansible.playbook("hybrid.identity.hard_match")
    assert refused.code == 2, refused.failure
    assert "max_refused allows 0" in " ".join(refused.output.split())
    assert HELD not in refused.output
    assert server.enabled()
    assert server.noted() == []
    assert graph.users() == before

    control("PUT", "settings", {"faults": [{"method": "PATCH", "path": "/users/", "status": 403, "count": 9}]})
    failed = ansible.playbook("hybrid.identity.hard_match", variables=ONE)
    assert failed.code == 2, failed.failure
    assert HELD in failed.output
    assert server.enabled()
    assert server.noted() == []
    assert graph.users() == before


@pytest.mark.usefixtures("fresh")
def test_what_an_administrator_disabled_stays_so_and_the_anchor_is_the_servers(
    ansible: Ansible, server: Server, graph: Graph, directory: Directory
) -> None:
    server.change("scheduler.json", SyncCycleEnabled=False)
    server.change("estate.json", anchor_attribute="objectGUID")
    upn = other_anchor(directory)
    entry = directory.search(f"(userPrincipalName={upn})", "objectGUID")[0]

    other = {"hard_match_scope": {"users": [upn]}, "hybrid_identity_source_anchor": "mS-DS-ConsistencyGuid"}
    refused = ansible.playbook("hybrid.identity.hard_match", variables=other)
    assert refused.code == 2, refused.failure
    told = " ".join(refused.output.split())
    assert "makes ImmutableIds from objectGUID, but hybrid_identity_source_anchor is mS-DS-ConsistencyGuid" in told

    chosen = {"hard_match_scope": {"users": [upn]}, "hard_match_replace": [upn]}
    done = ansible.playbook("hybrid.identity.hard_match", variables=chosen)
    assert done.code == 0, done.failure
    assert graph.users()[upn.lower()]["onPremisesImmutableId"] == expected_immutable_id(entry)
    assert not server.enabled()
    assert server.noted() == []


def test_what_servers_do_is_told_before_anything_is_written(
    ansible: Ansible, connect: Path, resident: ResidentPowerShell, tmp_path: Path
) -> None:
    """Two that export, one that only stages, one that is not reached."""
    hosts: dict[str, Any] = {"nowhere": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}}
    for name, staging in (("connect2", False), ("connect3", True)):
        folder = tmp_path / name
        shutil.copytree(connect, folder)
        Server(folder).change("scheduler.json", StagingModeEnabled=staging)
        hosts[name] = resident.host_variables(environment(folder))
    Server(tmp_path / "connect2").change("estate.json", anchor_attribute="objectGUID")
    (tmp_path / "more.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")

    def role(tasks_from: str, hosts: list[str], **variables: Any) -> dict[str, Any]:
        include = {"name": "hybrid.identity.entra_connect", "tasks_from": tasks_from}
        # In place of those of the inventory.
        variables["__entra_connect_hosts"] = hosts
        # So that one play shows every refusal.
        rescue = [{"name": "Refused", "ansible.builtin.debug": {"msg": f"refused: {' '.join(hosts)}"}}]
        task = {"name": "Role", "ansible.builtin.include_role": include, "vars": variables}
        return {"name": "Try", "block": [task], "rescue": rescue}

    tasks = [
        role("inspect", ["connect1", "connect2"]),
        role("inspect", ["connect1", "connect2"], entra_connect_on_two_exporters="warn"),
        role("inspect", ["connect1", "connect3"]),
        role("inspect", ["connect3"]),
        role("inspect", ["connect3"], entra_connect_on_staging="fail"),
        role("inspect", ["nowhere"]),
        role("inspect", ["nowhere", "connect1"], entra_connect_on_unreadable="warn"),
        # A server that this run does not hold may be away, one that it was to release may not.
        role("release", ["nowhere"]),
        role("release", ["nowhere"], entra_connect_force_release=True),
    ]
    run = ansible.tasks(tasks, "--inventory", str(tmp_path / "more.yml"))
    assert run.code == 0, run.failure
    parts = [" ".join(part.split()) for part in run.output.split("TASK [Role]")[1:]]
    assert len(parts) == len(tasks)
    refused = ["refused: " in part for part in parts]
    assert refused == [True, True, False, False, True, True, False, False, True], run.output
    assert "connect1 and connect2 all export to Entra ID" in parts[0]
    assert "connect1 uses mS-DS-ConsistencyGuid, connect2 uses objectGUID" in parts[1]
    assert "staging" not in parts[2].replace("StagingMode", "").replace("staging_mode", "")
    assert "connect3 is in staging mode, and no other server exports" in parts[3]
    assert "nowhere: the configuration of Entra Connect cannot be read there" in parts[5]
    assert "cannot be read there, so it is unknown" in parts[6]
    assert "deletion threshold" in parts[6]
    assert "The scheduler of nowhere might still be disabled" in parts[8]


@pytest.mark.usefixtures("fresh")
def test_it_is_put_back_after_accounts_that_could_not_be_made(
    ansible: Ansible, server: Server, control: Control, directory: Directory, tmp_path: Path
) -> None:
    control("POST", "users", crowd(2))
    directory.add_suffixes(SUFFIX)
    variables = choices(f"OU=Nowhere,{directory.base}", tmp_path)
    failed = ansible.playbook("hybrid.identity.site", "--tags", "accounts", variables=variables)
    assert failed.code == 2, failed.failure
    assert HELD in failed.output
    assert (server.enabled(), server.noted()) == (True, [])


@pytest.mark.usefixtures("fresh")
def test_the_other_playbooks_that_write_hold_it_too(
    ansible: Ansible, server: Server, control: Control, directory: Directory, graph: Graph, tmp_path: Path
) -> None:
    control("POST", "users", crowd(2))
    directory.add_suffixes(SUFFIX)
    with unit(directory, "Held") as path:
        runs = [("accounts", choices(path, tmp_path)), ("rollback", {"hybrid_identity_rollback": "last"})]
        for playbook, variables in runs:
            looked = ansible.playbook(f"hybrid.identity.{playbook}", "--check", variables=variables)
            done = ansible.playbook(f"hybrid.identity.{playbook}", variables=variables)
            assert HELD not in looked.output, playbook
            assert done.code == 0, done.failure
            assert HELD in done.output, playbook
            assert (server.enabled(), server.noted()) == (True, []), playbook
            assert bool(directory.search("(objectClass=user)", "1.1", base=path)) == (playbook == "accounts")
    control("PATCH", "users", [{"userPrincipalName": ANNA, "onPremisesImmutableId": "c29tZWJvZHkgZWxzZSdzIQ=="}])
    scope = {"hybrid_identity_clear_scope": ANNA, "hybrid_identity_clear_expected": 1}
    done = ansible.playbook("hybrid.identity.clear_immutable_id", variables=scope)
    assert done.code == 0, done.failure
    assert HELD in done.output
    assert (server.enabled(), server.noted(), immutable_id(graph)) == (True, [], None)
