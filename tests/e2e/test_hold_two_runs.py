# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs and one Entra Connect server: the hold is the lock between them, on whatever controllers they are."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from outside import Control, Graph
from scheduler import HELD, Server
from support.polling import wait_until

from playbooks import Ansible, kill

ANNA, CLARA = "anna.berg@contoso.com", "clara.vogel@contoso.com"
HARD_MATCH = "hybrid.identity.hard_match"
HELD_WRITE = {"method": "PATCH", "path": "/users/", "hold": True}
BOTH: dict[str, Any] = {"hard_match_scope": {"users": [ANNA, CLARA]}, "hybrid_identity_max_refused": "100%"}
# The hold of another run, as its controller makes it.
OTHER = {
    "name": "Hold",
    "hybrid.identity.adsync_scheduler": {"state": "held", "run": "20261130T101500Z-other-aaaaaa", "controller": "ci-7"},
    "delegate_to": "connect1",
}
HOLDER = "20261130T101500Z-other-aaaaaa on ci-7"


def writes(control: Control) -> Counter[str]:
    """How often each user was written."""
    paths = [request["path"] for request in control("GET", "requests") if request["method"] == "PATCH"]
    return Counter(re.sub(r".*/users/", "", path) for path in paths)


@pytest.mark.once
@pytest.mark.usefixtures("fresh", "own_python", "own_powershell")
def test_the_second_run_waits_and_nothing_is_written_twice(
    ansible: Ansible, server: Server, control: Control, graph: Graph, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    # Another controller, with a folder of runs of its own.
    other = Ansible(ansible.inventory, tmp_path / "other", ansible.settings, ansible.interpreter)
    control("DELETE", "requests")
    control("PUT", "settings", {"faults": [HELD_WRITE]})
    with ansible.start(HARD_MATCH, variables={"hard_match_scope": {"users": [ANNA]}}) as first:
        try:
            wait_until(lambda: first.poll() is not None or control.held()["requests"], "the write is under way")
            assert first.poll() is None, first.communicate()
            holder = server.noted()
            # The server's clock stands still while the second run waits.
            server.change("faults.json", clock="stopped")
            with other.start(HARD_MATCH, variables=BOTH) as second:
                try:
                    waiting = server.connect / "waiting.json"
                    wait_until(lambda: second.poll() is not None or waiting.exists(), "the second run waits")
                    assert second.poll() is None, second.communicate()
                    assert server.noted() == holder
                    control.let_go()
                    output, errors = first.communicate(timeout=600)
                    assert first.returncode == 0, output + errors
                    assert second.poll() is None
                    by_first = set(writes(control))
                    control("DELETE", "requests")
                    server.change("faults.json", clock="goes")
                    output, errors = second.communicate(timeout=600)
                finally:
                    kill(second)
        finally:
            kill(first)
    assert HELD in output, output + errors
    assert second.returncode == 0, output
    # Both had planned to write Anna, and the second run found her written.
    assert "ImmutableId set 1 - unchanged 1" in " ".join(output.split()), output
    users = graph.users()
    assert users[ANNA]["onPremisesImmutableId"]
    assert users[CLARA]["onPremisesImmutableId"]
    assert (by_first, writes(control)) == ({users[ANNA]["id"]}, Counter({users[CLARA]["id"]: 1}))
    assert (server.enabled(), server.noted(), server.tasks()) == (True, [], [])


@pytest.mark.usefixtures("fresh")
def test_who_waits_in_vain_names_the_other_run_and_changes_nothing(
    ansible: Ansible, server: Server, graph: Graph
) -> None:
    before = graph.users()
    held = ansible.tasks([OTHER])
    assert held.code == 0, held.failure
    refused = ansible.playbook(HARD_MATCH, variables={**BOTH, "entra_connect_hold_wait": 7})
    assert refused.code == 2, refused.failure
    said = " ".join(refused.output.split())
    assert "The scheduler of connect1 is not held, so nothing was written" in said
    assert f"Run {HOLDER} has held the scheduler since " in said
    assert "hold_wait (7 s) has expired" in said
    assert (graph.users(), server.enabled()) == (before, False)
    assert server.noted() == ["20261130T101500Z-other-aaaaaa"]

    matched = ansible.playbook(HARD_MATCH, variables={**BOTH, "hard_match_hold_scheduler": False})
    assert matched.code == 0, matched.failure
    cycle = ansible.playbook("hybrid.identity.sync", variables={"sync_run": "last"})
    assert cycle.code == 2, cycle.failure
    assert f"No cycle was started, because run {HOLDER} holds the scheduler of connect1" in " ".join(
        cycle.output.split()
    )
    assert server.runs() == 0

    looked = ansible.playbook("hybrid.identity.release_scheduler", "--check")
    assert looked.code == 0, looked.failure
    assert f"Run {HOLDER} has held the scheduler since " in " ".join(looked.output.split())
    assert (server.enabled(), len(server.noted())) == (False, 1)
    released = ansible.playbook("hybrid.identity.release_scheduler")
    assert released.code == 0, released.failure
    assert f"The hold of run {HOLDER} was ended." in " ".join(released.output.split())
    assert released.recap()["changed"] == 1
    assert (server.enabled(), server.noted(), server.tasks()) == (True, [], [])


def test_without_a_server_there_is_nothing_to_release(ansible: Ansible, server: Server) -> None:
    run = ansible.playbook("hybrid.identity.release_scheduler", variables={"hybrid_identity_connect_host": ""})
    assert run.code == 2, run.failure
    assert "Set hybrid_identity_connect_host to the inventory host" in " ".join(run.output.split())
    assert server.enabled()


@pytest.mark.usefixtures("fresh")
def test_a_run_that_takes_too_long_says_that_its_hold_has_ended(
    ansible: Ansible, server: Server, control: Control
) -> None:
    control("PUT", "settings", {"faults": [HELD_WRITE]})
    with ansible.start(HARD_MATCH, variables={"hard_match_scope": {"users": [ANNA]}}) as process:
        try:
            wait_until(lambda: process.poll() is not None or control.held()["requests"], "the write is under way")
            server.advance(3700)
            assert server.enabled()
            control.let_go()
            output, errors = process.communicate(timeout=600)
        finally:
            kill(process)
    assert process.returncode == 0, output + errors
    said = " ".join(output.split())
    assert "The hold of connect1 had ended before this run released it" in said
    assert server.enabled()
