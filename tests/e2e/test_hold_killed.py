# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed while they hold the scheduler, each on a controller that is then thrown away.

HOLD_KILLS sets how many. The server's own task releases every second one, the next run the others.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from outside import Control, Graph
from scheduler import Server
from support.polling import wait_until

from playbooks import Ansible, kill

KILLS = int(os.environ.get("HOLD_KILLS", "4"))
ANNA = "anna.berg@contoso.com"
# The next run gives up at once where it would wait for the server's next cycle.
ONE: dict[str, Any] = {"hard_match_scope": {"users": [ANNA]}, "entra_connect_hold_wait": 0}
HELD_WRITE = {"method": "PATCH", "path": "/users/", "hold": True}
# Up to which task a run comes, or to its first write.
POINTS = ("Stop if a scheduler is not held", "hard_match : Apply]", "the write")
HOUR = 3600
pytestmark = pytest.mark.once


def run_until(process: subprocess.Popen[str], point: str, control: Control) -> None:
    """Return when a run has come to a point while it holds the scheduler."""
    if point == "the write":
        wait_until(lambda: process.poll() is not None or control.held()["requests"], "the write is under way")
        assert process.poll() is None, process.communicate()
        return
    assert process.stdout
    shown = []
    for line in process.stdout:
        shown.append(line)
        if point in line:
            return
    raise AssertionError("".join(shown))


@pytest.mark.usefixtures("fresh", "own_python")
@pytest.mark.parametrize("number", range(KILLS))
def test_the_scheduler_is_released_after_each_kill(
    ansible: Ansible, server: Server, control: Control, graph: Graph, secrets: list[str], tmp_path: Path, number: int
) -> None:
    point = POINTS[number % len(POINTS)]
    folder = tmp_path / "controller"
    folder.mkdir()
    controller = Ansible(ansible.inventory, folder, ansible.settings, ansible.interpreter)
    control("PUT", "settings", {"faults": [HELD_WRITE]})
    with controller.start("hybrid.identity.hard_match", variables=ONE) as process:
        try:
            run_until(process, point, control)
        finally:
            kill(process)
    shutil.rmtree(folder)
    control.let_go()
    assert (server.enabled(), len(server.noted()), len(server.tasks())) == (False, 1, 1), point
    assert not [secret for secret in secrets if secret in str(server.note())]

    # A run that comes before the time is up leaves the hold alone, in check mode and without.
    if number == 0:
        early = ansible.playbook("hybrid.identity.hard_match", "--check", variables=ONE)
        assert early.code == 0, early.failure
        assert (server.enabled(), len(server.noted())) == (False, 1)

    if number % 2:
        server.advance(HOUR + 60)
    else:
        server.jump(HOUR + 60)
        following = ansible.playbook("hybrid.identity.hard_match", variables=ONE)
        # Who has nothing to write any more needs no hold. Who has waits for a cycle.
        done = bool(graph.users()[ANNA]["onPremisesImmutableId"])
        assert following.code == (0 if done else 2), following.failure
        assert done or "A cycle must end before the next hold" in " ".join(following.output.split())
    assert (server.enabled(), server.noted(), server.tasks()) == (True, [], [])
