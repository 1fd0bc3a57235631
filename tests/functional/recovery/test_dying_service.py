# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service dies in the middle of a run and comes back: nothing is lost, and nothing counted twice."""

from __future__ import annotations

import random
import socket
import struct

import pytest
from conftest import COUNT, Estate, records
from support.polling import PATIENCE

DEATHS = 4
STEP = COUNT // (DEATHS + 1)


@pytest.mark.parametrize("tries", [0, 3])
def test_the_service_dies_and_comes_back(estate: Estate, chance: random.Random, tries: int) -> None:
    """It dies at a counted write, and is back after the run has tried so often in vain to connect."""
    before = estate.dump()
    for death in range(1, DEATHS + 1):
        # Each run has some users to write, those after the last one's.
        estate.hold(method="PATCH", skip=chance.randrange(STEP), after=chance.random() < 0.5)
        run = estate.start(users=records()[: STEP * death])
        run.wait_until(estate.holding, "a write is held")
        assert STEP * (death - 1) <= len(estate.held()) <= STEP * death
        estate.entra.stop(kill=True)
        refuse(estate.entra.port, tries)
        estate.entra.start()
        result = run.result()
        lost = [user["cause"] for user in result["users"] if user["status"] == "failed"] if "users" in result else []
        assert set(lost) <= {"connection_lost"}, set(lost)
        known = {line["id"] for line in estate.lines()}
        assert known >= set(estate.held())
    estate.run(users=records())
    held = estate.held()
    assert len(held) == COUNT
    assert estate.written() == {key: [value] for key, value in held.items()}
    assert {line["outcome"] for line in estate.lines()} <= {"written", "aborted"}
    estate.roll_back()
    assert estate.dump() == before


def refuse(port: int, tries: int) -> None:
    """Reset so many connections on the dead service's port."""
    if not tries:
        return
    with socket.create_server(("127.0.0.1", port)) as door:
        door.settimeout(PATIENCE)
        for _try in range(tries):
            connection, _address = door.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
