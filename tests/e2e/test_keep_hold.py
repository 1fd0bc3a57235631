# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hard_match_keep_hold: somebody looks at the users before the next cycle."""

from __future__ import annotations

from typing import Any

import pytest
from outside import Graph
from scheduler import Server

from playbooks import Ansible

CHOICES: dict[str, Any] = {
    "hybrid_identity_max_refused": "100%",
    "sync_fail_on_run_errors": False,
    "sync_unmatched": "warn",
}
KEEP: dict[str, Any] = {
    **CHOICES,
    "hard_match_keep_hold": True,
    "hybrid_identity_stages": ["hard_match", "sync"],
}
SYNC = "hybrid.identity.sync"


@pytest.mark.usefixtures("fresh")
def test_the_chain_leaves_out_the_cycle_until_somebody_releases_the_scheduler(ansible: Ansible, server: Server) -> None:
    kept = ansible.playbook("hybrid.identity.site", variables=KEEP)
    assert kept.code == 0, kept.failure
    said = " ".join(kept.output.split())
    run = kept.folder.name
    assert "The scheduler of connect1 stays held, until 20" in said
    assert f"run hybrid.identity.sync with sync_run={run}" in said
    assert "hard_match_keep_hold is true, so no cycle was run and nothing was proven." in said
    assert (server.enabled(), server.noted(), server.runs()) == (False, [run], 0)

    early = ansible.playbook(SYNC, variables={**KEEP, "sync_run": "last"})
    assert early.code == 2, early.failure
    assert f"No cycle was started, because run {run} on " in " ".join(early.output.split())
    assert (server.noted(), server.runs()) == ([run], 0)

    released = ansible.playbook("hybrid.identity.release_scheduler", variables=KEEP)
    assert released.code == 0, released.failure
    assert (server.enabled(), server.noted(), server.tasks()) == (True, [], [])
    proven = ansible.playbook(SYNC, variables={**KEEP, "sync_run": run})
    assert proven.code == 0, proven.failure
    assert server.runs() == 6
    assert (kept.folder / "proof.jsonl").exists()


@pytest.mark.usefixtures("fresh")
def test_a_rollback_takes_the_hold_over(ansible: Ansible, server: Server, graph: Graph) -> None:
    before = graph.users()
    kept = ansible.playbook(SYNC, variables=KEEP)
    assert kept.code == 0, kept.failure
    assert (server.enabled(), server.noted(), server.runs()) == (False, [kept.folder.name], 0)
    assert graph.users() != before
    back = ansible.playbook("hybrid.identity.rollback", variables={"hybrid_identity_rollback": kept.folder.name})
    assert back.code == 0, back.failure
    assert graph.users() == before
    assert (server.enabled(), server.noted(), server.tasks()) == (True, [], [])


def test_there_must_be_a_hold_to_keep(ansible: Ansible, server: Server) -> None:
    for variables in ({"hybrid_identity_connect_host": ""}, {"hard_match_hold_scheduler": False}):
        run = ansible.playbook("hybrid.identity.hard_match", variables={**KEEP, **variables})
        assert run.code == 2, run.failure
        assert "hard_match_keep_hold is true, but this run holds no scheduler" in " ".join(run.output.split())
    assert server.enabled()
