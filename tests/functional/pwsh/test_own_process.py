# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that start a PowerShell each, as they do outside of these tests."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.polling import wait_until

from playbook import Playbook
from pwsh_server import Server

ANCHOR = "3jFgh7G/i0+csBxnpglNPg=="


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, whatever session they are in."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, queue = [], [pid]
    while queue:
        for child in parents.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


def kill_while_it_waits(playbook: Playbook, server: Server) -> None:
    """Run what is planned until a task waits, and kill all of it."""
    with subprocess.Popen(
        playbook.command([server]),
        env=playbook.environment(),
        cwd=playbook.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:

        def waits() -> bool:
            assert process.poll() is None, "the task ended and did not wait"
            return server.state.read("waiting.json") is not None

        wait_until(waits, "the task waits")
        # All of it at once: ansible-playbook, its worker, and the PowerShell that waits.
        for pid in [process.pid, *descendants(process.pid)]:
            os.kill(pid, signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL


def plan(server: Server) -> None:
    """A task of each module. None of them changes anything."""
    server.cycle(check=True)
    server.task("adsync_info", immutable_ids=[ANCHOR])
    server.task("adsync_scheduler", check=True, diff=True, state="held", run="run-a", controller="ci-1")
    server.task("entra_connect_info")


def test_the_resident_powershell_answers_as_a_new_one_does(
    playbook: Playbook, new_server: Callable[[str], Server]
) -> None:
    server = new_server("both")
    answers: list[list[dict[str, Any]]] = []
    for own_process in (True, False):
        server.own_process, server.results = own_process, []
        plan(server)
        playbook.run([server])
        answers.append([{**result, "shown": ""} for result in server.results])
    assert answers[0] == answers[1]
    assert [result["failed"] for result in answers[0]] == [False] * 4
    assert [result["changed"] for result in answers[0]] == [True, False, True, False]


def test_a_killed_task_leaves_the_cycle_alone_and_the_next_one_waits_for_it(
    playbook: Playbook, new_server: Callable[[str], Server]
) -> None:
    server = new_server("killed")
    # The task waits until it is killed, since the clock does not go on.
    server.faults(step_seconds=4, clock="stopped")
    server.own_process = True
    server.cycle()
    kill_while_it_waits(playbook, server)
    assert server.cycle_lives()
    server.faults()
    server.own_process, server.planned = False, []
    server.cycle()
    playbook.run([server])
    [result] = server.results
    assert result["outcome"] == "success", result["shown"]
    history = server.runs()
    assert [run["Result"] for run in history] == ["success"] * 6, "the first cycle ran to its end"
    assert [run["run_history_id"] for run in result["runs"]] == [run["RunHistoryId"] for run in history[3:]]
    assert history[2]["EndDate"] <= history[3]["StartDate"]


def test_a_task_that_is_killed_while_it_holds_the_scheduler_leaves_it_to_the_server(
    playbook: Playbook, new_server: Callable[[str], Server]
) -> None:
    server = new_server("held")
    server.faults(clock="stopped")
    server.own_process = True
    server.task("adsync_scheduler", state="held", run="run-a", controller="ci-1", wait_for_cycle=True)
    kill_while_it_waits(playbook, server)
    assert not server.enabled()
    server.faults()
    server.advance(3700)
    assert (server.enabled(), server.tasks()) == (True, {})
