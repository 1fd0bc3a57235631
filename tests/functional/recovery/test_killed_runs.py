# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed at any point: every user ends right, the journal counts every write once, and a rollback undoes it all."""

from __future__ import annotations

import random
import stat
from pathlib import Path
from typing import Any

from conftest import COUNT, Estate, records
from support.module_runs import journal_lines

KILLS = 20
# What becomes of the request or item at which a run is killed, and of the rest of its batch.
CARRIED_OUT_LATER, CARRIED_OUT_BEFORE, LOST = "carried out later", "carried out before", "lost"
# The run is killed before that one, while it is busy with earlier answers.
BUSY = "busy"
WAYS = (CARRIED_OUT_LATER, LOST, CARRIED_OUT_BEFORE, BUSY)
# A batch, its items, and a few.
JUST_BEFORE = 25


def test_killed_at_twenty_points(estate: Estate, chance: random.Random) -> None:
    estate.entra.control("DELETE", "requests")
    estate.run(users=records())
    # Each item of a batch counts, so that batches are met in their middle.
    whole_run = len(estate.entra.control("GET", "requests"))
    points = []
    for number in range(KILLS):
        # One in each twentieth of a run, so that the start, the reads and the writes are all met.
        passed = int(whole_run * (number + chance.random()) / KILLS)
        estate.reset()
        before = estate.dump()
        kill_after(estate, passed, WAYS[number % len(WAYS)])

        known = {line["id"] for line in estate.lines()}
        done = estate.held()
        assert known >= set(done), f"killed after {passed} requests: changed without a line in the journal"
        points.append(len(done))

        rerun = estate.run(users=records(), journal_run="rerun")
        assert rerun["summary"]["set"] == COUNT - len(done)
        assert rerun["summary"]["unchanged"] == len(done)
        held = estate.held()
        assert len(held) == COUNT
        assert estate.written() == {key: [value] for key, value in held.items()}
        assert {line["outcome"] for line in estate.lines()} <= {"written", "aborted"}

        back = estate.roll_back()
        assert estate.dump() == before
        assert {line["id"]: line["after"] for line in journal_lines(Path(back["journal"]))} == dict.fromkeys(held)
        assert estate.roll_back()["changed"] is False
    # Some came before the first write, and some in the middle of the writes.
    assert min(points) == 0, points
    assert any(0 < point < COUNT for point in points), points


def kill_after(estate: Estate, passed: int, way: str) -> None:
    """Start a run that gets no further than so many requests, and kill it there."""
    lost: dict[str, Any] = {"status": 503} if way == LOST else {}
    estate.hold(skip=passed, after=way == CARRIED_OUT_BEFORE, **lost)
    run = estate.start(users=records(), journal_run="killed")
    enough = max(passed - JUST_BEFORE, 1)
    if way == BUSY:
        run.wait_until(lambda: estate.answered() >= enough or estate.holding(), f"{enough} requests are answered")
    else:
        run.wait_until(estate.holding, f"{passed} requests have passed and one is held")
    run.kill()
    estate.let_go(**lost)


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
    assert estate.roll_back(check_mode=True)["summary"]["put_back"] == COUNT
    assert estate.run(users=records(), state="absent", check_mode=True)["summary"]["cleared"] == COUNT
    assert (estate.journal.read_bytes(), estate.dump()) == (content, after)


def test_two_runs_at_once_on_one_journal(estate: Estate) -> None:
    before = estate.dump()
    everybody = records()
    estate.hold(method="PATCH")
    halves = [
        estate.start(users=part, journal_run=name) for part, name in ((everybody[:72], "a"), (everybody[48:], "b"))
    ]
    for run in halves:
        run.wait_until(lambda: {line["run"] for line in estate.lines()} == {"a", "b"}, "both runs are in the journal")
    # Each has begun its writes, and is held in them.
    estate.let_go()
    results = [run.result() for run in halves]
    assert [result.get("failed", False) for result in results] == [False, False]
    lines = estate.lines()
    assert {line["outcome"] for line in lines} == {"written"}
    assert len(lines) == sum(result["summary"]["set"] for result in results)
    assert {line["id"]: line["after"] for line in lines} == estate.held()
    assert len(estate.held()) == COUNT

    estate.roll_back()
    assert estate.dump() == before
