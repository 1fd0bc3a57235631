# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: hybrid.identity.site over the seeded estate."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from outside import Control, Directory, Graph, expected_immutable_id
from support.code_blocks import Page

from playbooks import Ansible, Run

SUFFIXES = ["contoso.com", "fabrikam.com", "sub.fabrikam.com"]
# What the seed's awkward users must come to (tests/lab/seeds/README.md): what the plan predicts, and one of the causes.
REFUSED = {
    "jonas.weber@contoso.com": ("predicted_conflict", "anchor_differs"),
    "dora.klein@contoso.com": ("predicted_quarantine", "upn_taken"),
    "paul.adler@contoso.com": ("predicted_conflict", "anchor_differs"),
    "petra.lang@fabrikam.com": ("predicted_blocked", "formerly_synced_user"),
    "rita.moser@fabrikam.com": ("predicted_blocked", "formerly_synced_user"),
    "tom.alder@contoso.com": ("predicted_blocked", "deleted_holder"),
    "selma.wolf@contoso.com": ("predicted_blocked", "cloud_managed_account"),
    # Graph would take these, and the next sync would refuse the match: the plan keeps them out.
    "ada.fuchs@contoso.com": ("foreign_anchor", None),
    "carla.admin@contoso.com": ("predicted_blocked", "privileged_role"),
    "greta.leser@contoso.com": ("predicted_blocked", "directory_role"),
    "hanna.schulz@contoso.com": ("predicted_quarantine", "proxy_address_taken"),
    "mia.cloud@contoso.com": ("predicted_blocked", "cloud_source_of_authority"),
    "nina.krause@contoso.com": ("predicted_blocked", "role_assignable_group"),
    "omar.haddad@contoso.com": ("predicted_blocked", "eligible_role"),
    # These are only in AD.
    "desk.one@contoso.com": ("predicted_new_cloud_user", None),
    "desk.two@contoso.com": ("predicted_quarantine", "proxy_address_taken"),
    "otto.onlyad@contoso.com": ("predicted_new_cloud_user", None),
}


def dump(state: Path) -> str:
    """Both directories, by the lab's own dump."""
    tests = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "lab", "dump"],
        cwd=tests,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, "LAB_STATE": str(state)},
    )
    return done.stdout


def diff_lines(output: str) -> list[str]:
    """The changed lines of all diffs that a run printed."""
    return [line for line in output.splitlines() if re.match(r"[+-](?![+-]{2} )", line)]


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("arguments", [(), pytest.param(("--check",), marks=pytest.mark.once)])
def test_more_changes_than_allowed_stop_the_role(ansible: Ansible, state: Path, arguments: tuple[str, ...]) -> None:
    choices = {"hybrid_identity_max_refused": "100%", "hybrid_identity_max_changes": 0}
    before = dump(state)
    run = ansible.playbook("hybrid.identity.hard_match", *arguments, variables=choices)
    assert run.code != 0
    assert "max_changes allows 0." in " ".join(run.output.split())
    assert dump(state) == before


@pytest.mark.usefixtures("fresh")
def test_the_whole_chain(
    ansible: Ansible,
    state: Path,
    directory: Directory,
    graph: Graph,
    control: Control,
    shows_no_secret: Callable[[Run], None],
) -> None:
    choices = {"hybrid_identity_max_refused": "100%"}
    before = dump(state)
    cloud_before = graph.users()
    predicted = ansible.playbook("hybrid.identity.site", "--check", "--diff", "-vvvv", variables=choices)
    assert predicted.code == 0, predicted.failure
    shows_no_secret(predicted)
    assert dump(state) == before, "check mode wrote something"
    assert [path.name for path in predicted.folder.iterdir()] == ["hard_match-plan.jsonl"]

    control("DELETE", "requests")
    done = ansible.playbook("hybrid.identity.site", "--diff", "-vvvv", variables=choices)
    assert done.code == 0, done.failure
    shows_no_secret(done)
    assert "No Entra Connect server is in the inventory" in " ".join(done.output.split())
    assert diff_lines(done.output) == diff_lines(predicted.output)
    assert len(diff_lines(done.output)) > 50
    assert directory.suffixes() == SUFFIXES

    results = done.changes()
    cloud = graph.users()
    ad = {
        entry["userprincipalname"][0].decode().lower(): entry
        for entry in directory.search("(userPrincipalName=*)", *ATTRIBUTES)
    }
    matched = {name: user for name, user in results.items() if user["status"] in ("set", "unchanged")}
    assert len(matched) > 30
    for name in matched:
        assert cloud[name.lower()]["onPremisesImmutableId"] == expected_immutable_id(ad[name.lower()])
    untouched = set(cloud) - {name.lower() for name, user in results.items() if user["status"] == "set"}
    assert {name: cloud[name] for name in untouched} == {name: cloud_before[name] for name in untouched}
    refused = {name: user for name, user in done.users().items() if user["change"]["status"] == "refused"}
    assert {name: user["change"]["cause"] for name, user in refused.items()} == {
        name: outcome for name, (outcome, _cause) in REFUSED.items()
    }
    for name, (_outcome, cause) in REFUSED.items():
        causes = refused[name]["match"]["causes"]
        assert cause in causes if cause else causes == [], name
    assert set(results) == {*matched, *refused}
    writes = [request for request in control("GET", "requests") if request["method"] == "PATCH"]
    assert len(writes) == sum(user["status"] == "set" for user in results.values())
    assert {tuple(json.loads(request["body"])) for request in writes} == {("onPremisesImmutableId",)}

    control("DELETE", "requests")
    again = ansible.playbook("hybrid.identity.site", "--diff", variables=choices)
    assert again.code == 0, again.failure
    assert again.recap()["changed"] == 0
    assert diff_lines(again.output) == []
    requests = control("GET", "requests")
    assert {request["method"] for request in requests} <= {"GET", "POST"}
    on_the_wire = [request for request in requests if "batch" not in request]
    # The look at the cloud users and the preflight, which reads who is an administrator; the write reads that again.
    assert len(on_the_wire) <= 26, [request["path"] for request in on_the_wire]


ATTRIBUTES = ("userPrincipalName", "objectGUID", "mS-DS-ConsistencyGuid")


@pytest.mark.usefixtures("fresh")
def test_by_default_one_refused_user_stops_it_with_nothing_written(
    ansible: Ansible, state: Path, directory: Directory, shows_no_secret: Callable[[Run], None]
) -> None:
    directory.add_suffixes(*SUFFIXES)
    before = dump(state)
    run = ansible.playbook("hybrid.identity.site", "--skip-tags", "ad_domain", "-vvvv")
    assert run.code == 2
    shows_no_secret(run)
    assert "selma.wolf@contoso.com" in run.output or "jonas.weber@contoso.com" in run.output, run.output
    assert dump(state) == before


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    "how", [("--tags", "upn_suffixes"), ("--extra-vars", '{"hybrid_identity_stages": ["upn_suffixes"]}')]
)
def test_a_stage_alone(ansible: Ansible, directory: Directory, control: Control, how: tuple[str, str]) -> None:
    control("DELETE", "requests")
    run = ansible.playbook("hybrid.identity.site", *how)
    assert run.code == 0, run.failure
    assert directory.suffixes() == SUFFIXES
    assert control("GET", "requests") == []


def test_check_mode_before_there_is_a_domain(ansible: Ansible, state: Path, tmp_path: Path) -> None:
    before = dump(state)
    nowhere = tmp_path / "new-dc"
    run = ansible.playbook(
        "hybrid.identity.site", "--check", "--diff", variables={"ad_domain_samba_state_dir": str(nowhere)}
    )
    assert run.code == 0, run.failure
    assert re.search(r"[Ww]ould create the domain ad\.contoso\.com", run.output), run.output
    told = " ".join(run.output.split())
    assert "the stages after it cannot be predicted" in told
    assert "users would get an account: " in told
    assert "would not get an account, because the UPN is not in one of the domains " in told
    assert "No accounts would be created, because hybrid_identity_stages does not contain the stage accounts" in told
    assert not nowhere.exists()
    assert dump(state) == before


def test_check_mode_before_there_is_a_domain_or_an_app(ansible: Ansible, tmp_path: Path) -> None:
    variables = {"ad_domain_samba_state_dir": str(tmp_path / "new-dc"), "hybrid_identity_entra": {"secret": "x"}}
    run = ansible.playbook("hybrid.identity.site", "--check", variables=variables)
    assert run.code == 0, run.failure
    told = " ".join(run.output.split())
    assert "It is unknown who would get an account, because Entra ID could not be read." in told
    assert "set them in the task, in module_defaults, or in the environment." in told


@pytest.mark.usefixtures("fresh")
def test_the_playbook_of_the_readme(ansible: Ansible, lab: dict[str, Any], tmp_path: Path) -> None:
    plays = yaml.safe_load(Page("README.md").block("hybrid_identity_scope", "yaml"))
    assert len(plays) == 1
    # The tenant, the domain, the folder and who is excluded are the lab's.
    for name in ("hybrid_identity_ad", "hybrid_identity_entra", "hybrid_identity_run_folder"):
        del plays[0]["vars"][name]
    plays[0]["vars"]["hybrid_identity_exclude"] = {
        "users": ["ada.fuchs@contoso.com"],
        "groups": ["CN=Domain Admins,CN=Users,DC=ad,DC=contoso,DC=com"],
    }
    path = tmp_path / "readme.yml"
    path.write_text(yaml.safe_dump(plays), encoding="utf-8")
    run = ansible.playbook(str(path), "--check", "--diff", variables={"hybrid_identity_max_refused": "100%"})
    assert run.code == 0, run.failure
    assert "+anna.berg@contoso.com onPremisesImmutableId: " in run.output
