# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service dies in the middle of a run and comes back: nothing is lost, and nothing counted twice."""

from __future__ import annotations

import random
import time

import pytest
from conftest import COUNT, Estate, records, reset
from support.entra_process import Emulator
from support.module_runs import finish


@pytest.mark.parametrize("away", [0.2, 3.0])
def test_the_service_dies_and_comes_back(entra: Emulator, estate: Estate, chance: random.Random, away: float) -> None:
    reset(entra)
    before = estate.dump()
    for _time in range(4):
        process = estate.start(users=records())
        wanted = min(len(estate.held()) + chance.randrange(1, 100), COUNT - 60)
        while len(estate.held()) < wanted:
            assert process.poll() is None, finish(process)
            time.sleep(0.01)
        entra.stop(kill=True)
        time.sleep(away)
        entra.start()
        slow(entra)
        result = finish(process)
        lost = [user["cause"] for user in result["users"] if user["status"] == "failed"] if "users" in result else []
        assert set(lost) <= {"connection_lost"}, set(lost)
        known = {line["id"] for line in estate.lines()}
        assert known >= set(estate.held())
    estate.run(users=records())
    held = estate.held()
    assert len(held) == COUNT
    assert estate.written() == {key: [value] for key, value in held.items()}
    assert {line["outcome"] for line in estate.lines()} <= {"written", "aborted"}
    estate.run(rollback="all")
    assert estate.dump() == before


def slow(entra: Emulator) -> None:
    entra.settings(faults=[{"method": "POST", "path": r"\$batch", "latency": 0.05, "count": 1_000_000}])
