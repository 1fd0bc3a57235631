# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_cycle beside a cycle that is in progress already, and when it runs out of time."""

from __future__ import annotations

from functools import partial

import pytest

from cases import Cases
from pwsh_server import ENTRA, Server

CASES = Cases()
Ran = dict[str, Server]
MODES = {"run": False, "check": True}


@CASES
def waits(server: Server) -> None:
    server.faults(step_seconds=1)
    server.start_cycle()
    server.cycle()


def test_wait_lets_the_cycle_end_and_runs_its_own(ran: Ran) -> None:
    [result] = ran["waits"].results
    assert result["outcome"] == "success"
    assert result["changed"]
    everything = [run["RunHistoryId"] for run in ran["waits"].runs()]
    assert len(everything) == 6
    assert [run["run_history_id"] for run in result["runs"]] == everything[3:]
    # Three runs of 1 s each, of both cycles.
    assert result["seconds"] == 6


def fail_and_skip(check: bool, server: Server) -> None:
    server.faults(never_ends=f"{ENTRA}/Delta Import")
    server.start_cycle()
    server.cycle(check=check, when_busy="fail")
    server.cycle(check=check, when_busy="skip")


for name, check in MODES.items():
    CASES.add(f"fail_and_skip_{name}", partial(fail_and_skip, check))


@pytest.mark.parametrize("mode", MODES)
def test_fail_and_skip(ran: Ran, mode: str) -> None:
    failed, skipped = ran[f"fail_and_skip_{mode}"].results
    assert failed["failed"]
    assert (failed["outcome"], failed["cause"]) == ("refused", "busy")
    assert failed["msg"] == "A cycle is in progress on this server. Wait until it has ended, or set when_busy to wait."
    assert not skipped["failed"]
    assert not skipped["changed"]
    assert skipped["outcome"] == "skipped"
    assert skipped["msg"] == "A cycle is in progress on this server, so no cycle was started."
    assert ran[f"fail_and_skip_{mode}"].cycle_lives()


@CASES
def by_hand(server: Server) -> None:
    server.state.write("busy.json", ["ad.contoso.com"])
    server.cycle(when_busy="fail")
    server.cycle(timeout=2)


def test_a_run_profile_started_by_hand_counts_as_busy(ran: Ran) -> None:
    failed, late = ran["by_hand"].results
    assert failed["msg"].startswith("A run profile is in progress (ad.contoso.com) on this server.")
    assert (late["outcome"], late["cause"], late["seconds"]) == ("timeout", "busy", 2)
    assert late["msg"].startswith(
        "The cycle or run profile in progress on this server did not end within 2 s, so no cycle was started."
    )
    assert not late["changed"]
    assert ran["by_hand"].runs() == []


def quicker(when_busy: str, server: Server) -> None:
    server.faults(start={"kind": "race", "text": ENTRA})
    server.cycle(when_busy=when_busy)


for choice in ("wait", "skip", "fail"):
    CASES.add(f"quicker_{choice}", partial(quicker, choice))


@pytest.mark.parametrize(
    ("when_busy", "outcome", "runs"), [("wait", "success", 3), ("skip", "skipped", 0), ("fail", "refused", 0)]
)
def test_somebody_else_is_quicker(ran: Ran, when_busy: str, outcome: str, runs: int) -> None:
    """Nothing was in progress when the module looked, and yet the cmdlet says busy."""
    [result] = ran[f"quicker_{when_busy}"].results
    assert result["outcome"] == outcome
    assert result["failed"] == (outcome == "refused")
    assert len(ran[f"quicker_{when_busy}"].runs()) == runs
    if outcome == "refused":
        assert result["cause"] == "busy"
        assert f"Connector: {ENTRA} is busy." in result["error_text"]


@CASES
def endless(server: Server) -> None:
    server.faults(never_ends=f"{ENTRA}/Export")
    server.cycle(timeout=6)


def test_a_cycle_that_does_not_end_is_left_alone(ran: Ran) -> None:
    [result] = ran["endless"].results
    assert result["failed"]
    assert (result["outcome"], result["cause"], result["changed"]) == ("timeout", "timeout", True)
    assert result["seconds"] == 6
    assert result["msg"] == (
        f"The cycle did not end within 6 s. It is at '{ENTRA}' Export. It still runs. Raise timeout, or run the task "
        "again, which waits for it."
    )
    assert [run["outcome"] for run in result["runs"]] == ["success", "success", "running"]
    assert ran["endless"].cycle_lives()
