# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run leaves behind so that a change can be traced: to the job that made it, and in Entra ID's own logs."""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

import pytest
import yaml
from outside import Control

from playbooks import Ansible

GALAXY = Path(__file__).resolve().parents[2] / "galaxy.yml"

ANNA, ZOE = "anna.berg@contoso.com", "zoe.park@contoso.com"
NOTE = "CHG-2041"
JOB = "https://gitlab.example.com/it/identity/-/jobs/4711"
CI = {"GITLAB_CI": "true", "CI_JOB_URL": f"{JOB.replace('https://', 'https://gitlab-ci-token:s3cret@')}?t=s3cret"}
CI |= dict.fromkeys(("GITHUB_ACTIONS", "TF_BUILD", "JENKINS_URL"), "")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.usefixtures("fresh")
def test_a_change_can_be_traced(ansible: Ansible, control: Control, lab: dict[str, Any]) -> None:
    control("DELETE", "requests")
    choices = {"hybrid_identity_note": NOTE, "hard_match_scope": {"users": [ANNA, ZOE]}}
    run = ansible.playbook("hybrid.identity.hard_match", environment=CI, variables=choices)
    assert run.code == 0, run.failure
    origin = {
        "controller": platform.node(),
        "job": JOB,
        "app": lab["client_id"],
        "version": yaml.safe_load(GALAXY.read_text("utf-8"))["version"],
        "note": NOTE,
    }
    plan, result = (run.folder / f"hard_match-{kind}.jsonl" for kind in ("plan", "result"))
    assert [read(path)[0]["origin"] for path in (plan, result)] == [origin, origin]

    first, *changes = read(run.journal)
    assert first == {"time": first["time"], "run": run.folder.name, **origin}
    # What Entra itself says about the requests that changed these users.
    batches = {each["request_id"]: json.loads(each["body"])["requests"] for each in control("GET", "requests")
               if each["method"] == "POST" and each["path"].endswith("/$batch")}  # fmt: skip
    written = [line for line in changes if line["attribute"] == "onPremisesImmutableId"]
    assert {line["user_principal_name"].lower() for line in written} == {ANNA, ZOE}
    for line in written:
        items = [item for item in batches[line["request_id"]] if item["method"] == "PATCH"]
        assert f"/users/{line['id']}" in {item["url"] for item in items}
    in_result = {
        write["id"]: write["request_id"]
        for user in run.users().values()
        for write in user["change"]["writes"]
        if write["attribute"] == "onPremisesImmutableId"
    }
    assert in_result == {line["id"]: line["request_id"] for line in written}

    told = " ".join(run.output.split())
    hashes = f"SHA-256 of the plan: {sha256(plan)}. SHA-256 of the result: {sha256(result)}."
    assert f"Run {run.folder.name}. {hashes}" in told
    assert "s3cret" not in run.output + "".join(path.read_text("utf-8") for path in run.folder.iterdir())

    back = ansible.playbook(
        "hybrid.identity.rollback",
        environment=CI,
        variables={"hybrid_identity_rollback": run.folder.name, "hybrid_identity_note": NOTE},
    )
    assert back.code == 0, back.failure
    told = " ".join(back.output.split())
    assert f"Run {back.folder.name} rolled back run {run.folder.name}." in told
    assert sha256(back.journal) in told
    first, *changes = read(back.journal)
    assert {**first, "time": ""} == {"time": "", "run": back.folder.name, **origin}
    assert all(line["request_id"].strip() for line in changes)
