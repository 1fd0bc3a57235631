# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two processes, as in a pipeline: one plans with an app that may only read, the other applies what was reviewed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from outside import Control, Directory, Graph, expected_immutable_id

from playbooks import Ansible, Run

ANNA, FOREIGN = "anna.berg@contoso.com", "ada.fuchs@contoso.com"
LATER, MOVED = "ben.hartmann@contoso.com", "clara.vogel@contoso.com"
NAMES = [ANNA, FOREIGN, LATER, MOVED]
PROPERTY, OTHER = "onPremisesImmutableId", "ZTJlLW5vYm9keSEhISEhIQ=="
ANCHORS = ("objectGUID", "mS-DS-ConsistencyGuid")


@dataclass
class Pipeline:
    """A job that plans, one that applies, and the folder that passes files from one to the other."""

    planner: Ansible
    applier: Ansible
    reader: dict[str, Any]
    handed_over: Path

    def plan(self, names: list[str]) -> Run:
        variables = {"hybrid_identity_scope": {"users": names}, "hybrid_identity_entra": self.reader}
        return self.planner.playbook("hybrid.identity.preflight", variables=variables)

    def hand_over(self, run: Run) -> dict[str, str]:
        return run.hand_over(self.handed_over)

    def apply(self, names: list[str], **variables: Any) -> Run:
        return self.applier.playbook(
            "hybrid.identity.hard_match", variables={"hybrid_identity_scope": {"users": names}, **variables}
        )


@pytest.fixture
def pipeline(state: Path, lab: dict[str, Any], without_connect: Path, tmp_path: Path) -> Pipeline:
    inventory = yaml.safe_load((state / "inventory.yml").read_text("utf-8"))
    known = inventory["all"]["vars"]["hybrid_identity_entra"]
    folders = [tmp_path / name for name in ("planner", "applier", "artifacts")]
    for folder in folders:
        folder.mkdir(mode=0o700)
    planner, applier, artifacts = folders
    reader = {**known, **lab["apps"]["planner"]}
    return Pipeline(Ansible(without_connect, planner), Ansible(without_connect, applier), reader, artifacts)


@pytest.fixture
def writes(control: Control) -> Callable[[], dict[str, Any]]:
    """Reads from the emulator's log what was written since the last call, by object id."""

    def read() -> dict[str, Any]:
        found = control("GET", "requests")
        control("DELETE", "requests")
        changing = [each for each in found if each["method"] not in ("GET", "POST")]
        assert {each["method"] for each in changing} <= {"PATCH"}
        return {each["path"].rpartition("/")[2]: json.loads(each["body"]) for each in changing}

    return read


def counts(run: Run) -> dict[str, int]:
    return dict(run.header("plan")["facts"]["summary"]["review"])


@pytest.mark.usefixtures("fresh")
def test_one_job_plans_and_the_other_applies_what_was_reviewed(
    pipeline: Pipeline,
    control: Control,
    graph: Graph,
    directory: Directory,
    writes: Callable[[], dict[str, Any]],
) -> None:
    ids = {name: user["id"] for name, user in graph.users().items()}
    anchors = {
        entry["userprincipalname"][0].decode().lower(): expected_immutable_id(entry)
        for entry in directory.search("(userPrincipalName=*)", "userPrincipalName", *ANCHORS)
    }
    # Until the plan is made, this user has the value.
    control("PATCH", "users", [{"id": ids[LATER], PROPERTY: anchors[LATER]}])
    control("DELETE", "requests")

    planned = pipeline.plan(NAMES)
    assert planned.code == 0, planned.failure
    assert writes() == {}
    facts = planned.header("plan")["facts"]
    # Only the effect stands against it, so a person may approve it.
    assert (facts["reviewable"], facts["summary"]["refused"]) == (True, 1)
    assert f"{FOREIGN}: mS-DS-ConsistencyGuid of" in facts["verdict"]
    assert planned.users("plan")[FOREIGN]["change"]["proposed"][0]["after"] == anchors[FOREIGN]
    given = pipeline.hand_over(planned)
    shutil.rmtree(pipeline.planner.folder)

    # Until the other job runs, this user loses the value, and another one gets one.
    control("PATCH", "users", [{"id": ids[LATER], PROPERTY: None}])
    control("PATCH", "users", [{"id": ids[MOVED], PROPERTY: OTHER}])
    done = pipeline.apply(NAMES, **given, hard_match_max_changes=2, hard_match_max_refused=1)
    assert done.code == 0, done.failure
    wanted = {ids[name]: {PROPERTY: anchors[name]} for name in (ANNA, FOREIGN)}
    assert writes() == wanted
    assert {name: change["status"] for name, change in done.changes().items()} == {
        ANNA: "set",
        FOREIGN: "set",
        LATER: "not_reviewed",
        MOVED: "refused",
    }
    assert counts(done) == {"not_reviewed": 1, "changed_since_review": 0, "already_done": 0}
    assert "not reviewed" in done.output
    assert done.header("plan")["facts"]["reviewed_plan_sha256"] == given["hard_match_reviewed_plan_sha256"]

    # Once more, as after a run that was killed at its end.
    again = pipeline.apply(NAMES, **given, hard_match_max_refused=1)
    assert again.code == 0, again.failure
    assert (writes(), counts(again)["already_done"]) == ({}, 2)


@pytest.mark.usefixtures("fresh")
def test_a_plan_that_was_not_approved_writes_nothing(pipeline: Pipeline, writes: Callable[[], dict[str, Any]]) -> None:
    planned = pipeline.plan([ANNA])
    assert planned.code == 0, planned.failure
    given = pipeline.hand_over(planned)
    cases: dict[str, dict[str, Any]] = {
        "is not the plan that was reviewed": {**given, "hard_match_reviewed_plan_sha256": "0" * 64},
        "belong together, but one of them is empty": {**given, "hard_match_reviewed_plan": ""},
        # A variable that the pipeline forgot.
        "approved_hash": {**given, "hard_match_reviewed_plan_sha256": "{{ approved_hash }}"},
        "approved_plan": {**given, "hard_match_reviewed_plan": "{{ approved_plan }}"},
    }
    for words, variables in cases.items():
        run = pipeline.apply(**{"names": [ANNA], **variables})
        assert run.code == 2, run.failure
        assert words in " ".join(run.output.split()), words
    assert writes() == {}


@pytest.mark.usefixtures("fresh")
def test_the_identity_of_the_plan_job_sees_the_same_and_can_write_nothing(
    pipeline: Pipeline, control: Control, lab: dict[str, Any]
) -> None:
    """What it may not read is a caveat, and neither an outcome nor a refusal."""
    plan = pipeline.plan(NAMES)
    assert plan.code == 0, plan.failure
    caveats = plan.header("plan")["facts"]["caveats"]
    assert [each for each in caveats if "switches" not in each and "source of authority" not in each] == []
    writer = pipeline.applier.playbook(
        "hybrid.identity.preflight", variables={"hybrid_identity_scope": {"users": NAMES}}
    )
    seen = [{name: user["match"]["outcome"] for name, user in run.users("plan").items()} for run in (plan, writer)]
    assert seen[0] == seen[1]

    before = control("GET", "dump")
    denied = pipeline.apply(NAMES, hybrid_identity_entra=pipeline.reader)
    assert denied.code == 2, denied.failure
    assert control("GET", "dump")["user"] == before["user"]
