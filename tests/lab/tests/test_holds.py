# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and items of batches that are held until a test lets them go."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import httpx
import pytest
from support.entra_process import Emulator
from support.polling import PATIENCE, wait_until
from test_batches import _patch


@pytest.mark.parametrize(
    ("fault", "ending", "statuses", "written"),
    [
        ({}, "release", [204, 204, 204], 3),
        ({"after": True}, "release", [204, 204, 204], 3),
        ({"status": 503}, "release", [204, 503, 204], 2),
        ({}, "reset", [], 0),
    ],
)
def test_an_item_of_a_batch_is_held_after_those_before_it(
    entra: Emulator, fault: dict[str, Any], ending: str, statuses: list[int], written: int
) -> None:
    names = [f"{name}@contoso.com" for name in ("ada.fuchs", "ben.hartmann", "clara.vogel")]
    entra.settings(faults=[{"method": "PATCH", "skip": 1, "hold": True, **fault}])
    entra.token()
    answers: list[int] = []

    def write() -> None:
        with contextlib.suppress(httpx.TransportError):
            items = entra.batch([_patch(number, name, f"held{number}") for number, name in enumerate(names)])
            answers.extend(items[str(number)]["status"] for number in range(len(names)))

    def done() -> int:
        return sum(str(entra.raw(name).get("onPremisesImmutableId")).startswith("held") for name in names)

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: entra.control("GET", "held") == {"requests": 1, "underWay": 1}, "the item is held")
    assert done() == (2 if fault.get("after") else 1)
    entra.control("POST", ending)
    writer.join(PATIENCE)
    assert answers == statuses
    assert entra.control("GET", "held") == {"requests": 0, "underWay": 0}
    assert done() == written
