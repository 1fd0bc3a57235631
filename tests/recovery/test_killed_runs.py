# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed at any point: every user ends right, the journal counts every write once, and a rollback undoes it all."""

from __future__ import annotations

import random
import signal
import stat
import time

from conftest import COUNT, Estate, records, reset
from support.entra_process import Emulator
from support.module_runs import finish

KILLS = 20


def test_killed_at_twenty_points(entra: Emulator, estate: Estate, chance: random.Random) -> None:
    reset(entra)
    started = time.monotonic()
    estate.run(users=records())
    whole_run = time.monotonic() - started
    estate.journal.unlink()
    points = []
    for number in range(KILLS):
        reset(entra)
        before = estate.dump()
        # One in each twentieth of a run, so that the start, the reads and the writes are all met.
        delay = whole_run * (number + chance.random()) / KILLS
        process = estate.start(users=records(), journal_run="killed")
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        await_quiet(estate)

        known = {line["id"] for line in estate.lines()}
        done = estate.held()
        assert known >= set(done), f"killed after {delay:.3f} s: changed without a line in the journal"
        points.append(len(done))

        rerun = estate.run(users=records(), journal_run="rerun")
        assert rerun["summary"]["set"] == COUNT - len(done)
        assert rerun["summary"]["unchanged"] == len(done)
        held = estate.held()
        assert len(held) == COUNT
        assert estate.written() == {key: [value] for key, value in held.items()}
        assert {line["outcome"] for line in estate.lines()} <= {"written", "aborted"}

        estate.run(rollback="all")
        assert estate.dump() == before
        assert estate.run(rollback="all")["changed"] is False
        estate.journal.unlink()
    # Some came before the first write, and some in the middle of the writes.
    assert min(points) == 0, points
    assert any(0 < point < COUNT for point in points), points


def await_quiet(estate: Estate) -> None:
    """A request that was on its way when its sender died is still carried out."""
    seen = None
    while (now := estate.held()) != seen:
        seen = now
        time.sleep(0.15)


def test_check_mode_writes_neither_tenant_nor_journal(estate: Estate) -> None:
    before = estate.dump()
    planned = estate.run(users=records(), check_mode=True)
    assert planned["summary"]["set"] == COUNT
    assert estate.dump() == before
    assert not estate.journal.exists()

    done = estate.run(users=records())
    assert done["diff"] == planned["diff"]
    assert stat.S_IMODE(estate.journal.stat().st_mode) == 0o600
    content, after = estate.journal.read_bytes(), estate.dump()
    assert estate.run(rollback="last", check_mode=True)["summary"]["cleared"] == COUNT
    assert estate.run(users=records(), state="absent", check_mode=True)["summary"]["cleared"] == COUNT
    assert (estate.journal.read_bytes(), estate.dump()) == (content, after)


def test_two_runs_at_once_on_one_journal(estate: Estate) -> None:
    before = estate.dump()
    everybody = records()
    halves = [
        estate.start(users=part, journal_run=name) for part, name in ((everybody[:300], "a"), (everybody[200:], "b"))
    ]
    results = [finish(process) for process in halves]
    assert [result.get("failed", False) for result in results] == [False, False]
    lines = estate.lines()
    assert {line["outcome"] for line in lines} == {"written"}
    assert len(lines) == sum(result["summary"]["set"] for result in results)
    assert {line["id"]: line["after"] for line in lines} == estate.held()
    assert len(estate.held()) == COUNT

    backs = [estate.start(rollback=name) for name in ("a", "b")]
    for process in backs:
        finish(process)
    estate.run(rollback="all")
    assert estate.dump() == before
    assert {line["outcome"] for line in estate.lines()} == {"written"}
