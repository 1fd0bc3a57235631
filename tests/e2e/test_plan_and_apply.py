# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role hard_match: what a plan shows, when it is applied, and where its files are."""

from __future__ import annotations

import json
import re
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from accounts import bulk_users
from outside import Control, Directory, Graph, expected_immutable_id
from support.module_runs import journal_lines
from test_chain import diff_lines, dump

from playbooks import Ansible

ANNA = "anna.berg@contoso.com"
FOREIGN = "ada.fuchs@contoso.com"
COUNT = 60
SHOWN = 50
ATTRIBUTES = ("mS-DS-ConsistencyGuid", "onPremisesImmutableId")
HOSTS = [f"tenant-{number}.example" for number in range(10)]
BULK: dict[str, Any] = {"hard_match_scope": {"search_base": "OU=Bulk,DC=ad,DC=contoso,DC=com"}}
# Scopes that name nobody, and what is said of them.
NOBODY: list[tuple[dict[str, Any], str]] = [
    ({}, "one of the following is required: users, upn_suffixes, search_base, group, all found in hard_match_scope"),
    (
        {"users": []},
        'The scope is {"users": []}. Set hybrid_identity_scope to a dictionary in which each key has a value',
    ),
    ({"upn_suffixes": []}, 'The scope is {"upn_suffixes": []}. Set hybrid_identity_scope to a dictionary'),
    ({"all": False}, "value of all must be one of: True, got: False found in hard_match_scope"),
    ({"usrs": [ANNA]}, "hard_match_scope.usrs. Supported parameters include"),
]
NO_FOLDER = {"hybrid_identity_run_folder": ""}


def upn(number: int) -> str:
    return f"user{number:06d}@contoso.com"


@pytest.fixture(scope="module")
def bulk(state: Path, control: Control, directory: Directory) -> Iterator[None]:
    """Plain users in both directories, none of them matched. Tests that reset the tenant come after those that ask."""
    with bulk_users(state, directory, COUNT):
        control("POST", "reset")
        names = [upn(number) for number in range(1, COUNT + 1)]
        control("POST", "users", [{"userPrincipalName": name, "mail": name, "displayName": name} for name in names])
        yield
        control("POST", "reset")


@pytest.mark.usefixtures("bulk")
def test_check_mode_shows_both_attributes_of_the_first_users(ansible: Ansible, state: Path) -> None:
    before = dump(state)
    choices = {**BULK, "hard_match_write_consistency_guid": "from_guid"}
    run = ansible.playbook("hybrid.identity.hard_match", "--check", "--diff", variables=choices)
    assert run.code == 0, run.failure
    shown = Counter(
        re.findall(r"^\+(\S+) (mS-DS-ConsistencyGuid|onPremisesImmutableId): \S+", run.output, re.MULTILINE)
    )
    assert shown == Counter((upn(number), name) for number in range(1, SHOWN + 1) for name in ATTRIBUTES)
    plan = run.folder / "hard_match-plan.jsonl"
    more = [line for line in diff_lines(run.output) if line.startswith("+and ")]
    assert more == [f"+and {COUNT - SHOWN} more users: see {plan}"]
    assert len(run.users("plan")) == COUNT
    assert dump(state) == before


@pytest.mark.usefixtures("bulk")
def test_ten_hosts_in_one_play_share_no_file(
    ansible: Ansible, graph: Graph, directory: Directory, tmp_path: Path
) -> None:
    scopes = {host: upn(number) for number, host in enumerate(HOSTS, start=1)}
    role = {"role": "hybrid.identity.hard_match"}
    where = {
        "name": "Keep where the plan is",
        "ansible.builtin.copy": {
            "content": "{{ hard_match_plan.plan_file }} {{ lookup('file', hard_match_plan.plan_file) }}",
            "dest": f"{tmp_path}/{{{{ inventory_hostname }}}}",
            "mode": "0600",
        },
        "check_mode": False,
    }
    play = {"hosts": "tenants", "connection": "local", "gather_facts": False, "roles": [role], "post_tasks": [where]}
    book = tmp_path / "tenants.yml"
    book.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    hosts = {host: {"hybrid_identity_scope": {"users": [name]}} for host, name in scopes.items()}
    inventory = tmp_path / "tenants-inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"children": {"tenants": {"hosts": hosts}}}}), encoding="utf-8")
    arguments = (str(book), "--inventory", str(inventory), "--forks", "10")

    predicted = ansible.playbook(*arguments, "--check", variables=NO_FOLDER)
    assert predicted.code == 0, predicted.failure
    assert predicted.folders == []
    seen = {host: (tmp_path / host).read_text("utf-8").partition(" ") for host in HOSTS}
    assert len({path for path, _blank, _content in seen.values()}) == len(HOSTS)
    assert not [path for path, _blank, _content in seen.values() if Path(path).exists()]
    for host, (_path, _blank, content) in seen.items():
        header = json.loads(content.splitlines()[0])
        assert (header["host"], header["scope"]) == (host, {"users": [scopes[host]]})

    done = ansible.playbook(*arguments)
    assert done.code == 0, done.failure
    assert len(done.folders) == len(HOSTS)
    kinds = ("hard_match-plan.jsonl", "hard_match-result.jsonl", "journal.jsonl")
    found = {}
    for folder in done.folders:
        assert re.fullmatch(r"\d{8}T\d{6}Z-[A-Za-z0-9-]+-[0-9a-f]{6}", folder.name)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == dict.fromkeys(
            kinds, 0o600
        )
        plan, result = (json.loads((folder / kind).read_text("utf-8").splitlines()[0]) for kind in kinds[:2])
        assert (plan["run"], plan["host"], plan["scope"]) == (result["run"], result["host"], result["scope"])
        assert plan["run"] == folder.name
        lines = journal_lines(folder / "journal.jsonl")
        assert [(line["run"], line["user_principal_name"]) for line in lines] == [(folder.name, scopes[plan["host"]])]
        found[plan["host"]] = plan["scope"]
    assert found == {host: {"users": [name]} for host, name in scopes.items()}
    cloud = graph.users()
    for name in scopes.values():
        entry = directory.search(f"(userPrincipalName={name})", "objectGUID")[0]
        assert cloud[name]["onPremisesImmutableId"] == expected_immutable_id(entry)


@pytest.mark.usefixtures("bulk")
def test_a_user_who_could_not_be_written_stops_the_role_after_the_others(
    ansible: Ansible, control: Control, graph: Graph
) -> None:
    names = [upn(number) for number in range(COUNT - 2, COUNT + 1)]
    control("PUT", "settings", {"faults": [{"method": "PATCH", "path": "/users/", "status": 403, "count": 1}]})
    run = ansible.playbook("hybrid.identity.hard_match", variables={"hard_match_scope": {"users": names}})
    control("PUT", "settings", {"faults": []})
    assert run.code == 2, run.failure
    statuses = {name: change["status"] for name, change in run.changes().items()}
    assert Counter(statuses.values()) == {"set": 2, "failed": 1}
    cloud = graph.users()
    assert {name for name in names if cloud[name]["onPremisesImmutableId"]} == {
        name for name, status in statuses.items() if status == "set"
    }
    told = " ".join(run.output.split())
    assert told.index("ImmutableId set") < told.index("1 of 3 planned users was not changed")


@pytest.mark.usefixtures("fresh")
def test_defaults_of_both_action_groups_reach_both_modules(ansible: Ansible, graph: Graph) -> None:
    """Each half is from the action group and from the role's own variables, which come on top."""

    def without(variable: str, option: str) -> str:
        return f"{{{{ {variable} | dict2items | rejectattr('key', 'eq', '{option}') | items2dict }}}}"

    role = {
        "name": "Match",
        "ansible.builtin.include_role": {"name": "hybrid.identity.hard_match"},
        "vars": {
            "hard_match_scope": {"users": [ANNA, FOREIGN]},
            "hard_match_max_refused": 1,
            "hard_match_ad": {"password": "{{ hybrid_identity_ad.password }}"},
            "hard_match_entra": {"secret": "{{ hybrid_identity_entra.secret }}"},
        },
    }
    defaults = {
        "group/hybrid.identity.ad": without("hybrid_identity_ad", "password"),
        "group/hybrid.identity.entra": without("hybrid_identity_entra", "secret"),
    }
    run = ansible.tasks([role], module_defaults=defaults)
    assert run.code == 0, run.failure
    assert run.changes()[ANNA]["status"] == "set"
    assert run.users("plan")[FOREIGN]["match"]["effects"] == ["foreign_anchor"]
    assert graph.users()[ANNA]["onPremisesImmutableId"] == run.changes()[ANNA]["immutable_id"]


@pytest.mark.usefixtures("fresh")
def test_the_check_mode_of_a_play_shows_the_plan_and_changes_nothing(ansible: Ansible, graph: Graph) -> None:
    before = graph.users()
    role = {"ansible.builtin.include_role": {"name": "hybrid.identity.hard_match"}}
    run = ansible.tasks([{**role, "vars": {"hard_match_scope": {"users": [ANNA]}}}], check_mode=True)
    assert run.code == 0, run.failure
    assert run.header("plan")["facts"]["summary"]["changes"] == 1
    assert graph.users() == before


@pytest.mark.usefixtures("fresh")
def test_nothing_is_written_without_a_folder_for_the_journal(ansible: Ansible, state: Path, tmp_path: Path) -> None:
    before = dump(state)
    choices = {**NO_FOLDER, "hard_match_scope": {"users": [ANNA]}}
    looked = ansible.playbook("hybrid.identity.hard_match", "--check", "--diff", variables=choices)
    assert looked.code == 0, looked.failure
    assert f"+{ANNA} onPremisesImmutableId: " in looked.output
    refused = ansible.playbook("hybrid.identity.hard_match", variables=choices)
    assert refused.code == 2, refused.failure
    assert "and hybrid_identity_run_folder, the folder for its journal" in " ".join(refused.output.split())
    missing = ansible.playbook(
        "hybrid.identity.hard_match", variables={**choices, "hybrid_identity_run_folder": str(tmp_path / "no" / "runs")}
    )
    assert missing.code == 2, missing.failure
    assert f"there is no folder {tmp_path}/no/runs. Create it first." in " ".join(missing.output.split())
    assert dump(state) == before


@pytest.mark.usefixtures("fresh")
def test_nobody_is_not_everybody(ansible: Ansible, state: Path) -> None:
    before = dump(state)
    for scope, words in NOBODY:
        run = ansible.playbook("hybrid.identity.hard_match", variables={"hybrid_identity_scope": scope})
        assert run.code == 2, run.failure
        assert words in " ".join(run.output.split()), run.output
    assert dump(state) == before
