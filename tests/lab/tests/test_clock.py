# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time that tests set: the clock, the lags that count reads, and requests that are held."""

from __future__ import annotations

import threading
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from conftest import ad_user, anchor
from support.entra_process import Emulator
from support.polling import PATIENCE, wait_until

ADA = "ada.fuchs@contoso.com"
SELECT = "$select=id,displayName"


def lists(entra: Emulator, name: str) -> bool:
    """Whether a filter finds the user of that name, by an attribute that the emulator has no index for."""
    found = entra.graph("GET", f"/users?$filter=displayName eq '{name}'&{SELECT}").json()["value"]
    return bool(found)


def test_a_stopped_clock_moves_only_when_it_is_advanced(entra: Emulator) -> None:
    stopped = entra.control("PUT", "clock", {"stopped": True})
    entra.advance(3600)
    later = entra.control("GET", "clock")
    assert later["seconds"] - stopped["seconds"] == 3600
    assert entra.control("GET", "clock") == later
    entra.graph("POST", "/users", json=_new("late.comer"), headers={}).raise_for_status()
    assert entra.raw("late.comer@contoso.com")["createdDateTime"] == later["now"]
    going = entra.control("PUT", "clock", {"stopped": False, "advance": 60})
    assert going["seconds"] >= later["seconds"] + 60
    entra.control("POST", "reset")
    assert entra.control("GET", "clock")["seconds"] < later["seconds"]


@pytest.mark.parametrize("body", [{"advance": -1}, {"advance": "1"}, {"stopped": 1}, {"speed": 2}, []])
def test_what_no_clock_can_do_is_refused(entra: Emulator, body: Any) -> None:
    entra.control("PUT", "clock", {"stopped": True})
    before = entra.control("GET", "clock")
    answer = entra.http.put("/lab/clock", json=body)
    assert (answer.status_code, answer.json()["error"][-1]) == (400, ".")
    assert entra.control("GET", "clock") == before


def test_a_write_is_missed_by_as_many_lists_as_were_set(entra: Emulator) -> None:
    entra.settings(readLagReads=2)
    entra.graph("PATCH", f"/users/{ADA}", json={"displayName": "Ada Neu"})
    assert [lists(entra, "Ada Neu") for _read in range(3)] == [False, False, True]


def test_reads_of_others_and_reads_by_key_do_not_count(entra: Emulator) -> None:
    entra.settings(readLagReads=1)
    entra.graph("PATCH", f"/users/{ADA}", json={"onPremisesImmutableId": "new=="})
    others = "/users?$filter=userPrincipalName eq 'ben.hartmann@contoso.com'"
    for _read in range(3):
        entra.graph("GET", others)
        assert entra.immutable_id(ADA) == "new=="
    path = "/users?$filter=onPremisesImmutableId eq 'new=='"
    assert [len(entra.graph("GET", path).json()["value"]) for _read in range(2)] == [0, 1]


def test_a_batch_is_one_read(entra: Emulator) -> None:
    entra.change(ADA, onPremisesImmutableId=anchor(1))
    entra.settings(provisionLagReads=1)
    entra.export(ad_user(ADA, displayName="Ada of AD"))
    items = [{"id": str(number), "method": "GET", "url": f"/users/{ADA}?{SELECT}"} for number in range(3)]
    names = [{item["body"]["displayName"] for item in entra.batch(items).values()} for _read in range(2)]
    assert names == [{"Ada Fuchs"}, {"Ada of AD"}]


def test_two_writes_are_seen_one_after_the_other(entra: Emulator) -> None:
    entra.settings(readLagReads=2)
    entra.graph("PATCH", f"/users/{ADA}", json={"displayName": "One"})
    assert not lists(entra, "One")
    entra.graph("PATCH", f"/users/{ADA}", json={"displayName": "Two"})
    assert [lists(entra, name) for name in ("One", "One", "Two")] == [False, True, True]


def test_a_lag_of_zero_shows_everything(entra: Emulator) -> None:
    entra.settings(readLagReads=5, provisionLagReads=5)
    entra.graph("PATCH", f"/users/{ADA}", json={"displayName": "Ada Neu"})
    entra.export(ad_user("brand.new@contoso.com", 2))
    entra.settings(readLagReads=0, provisionLagReads=0)
    assert lists(entra, "Ada Neu")
    assert entra.user_id("brand.new@contoso.com")


def test_a_held_request_is_answered_once_it_is_released(entra: Emulator) -> None:
    entra.settings(faults=[{"method": "PATCH", "path": "^/users/", "hold": True}])
    entra.token()
    answers: list[int] = []

    def write() -> None:
        answers.append(entra.graph("PATCH", f"/users/{ADA}", json={"displayName": "Held"}).status_code)

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: entra.control("GET", "held") == {"requests": 1, "underWay": 1}, "the request is held")
    assert entra.raw(ADA)["displayName"] == "Ada Fuchs"
    entra.control("POST", "release")
    writer.join(PATIENCE)
    assert answers == [204]
    assert (entra.raw(ADA)["displayName"], entra.control("GET", "held")) == ("Held", {"requests": 0, "underWay": 0})


def _new(name: str) -> dict[str, Any]:
    return {
        "userPrincipalName": f"{name}@contoso.com",
        "displayName": name,
        "mailNickname": name,
        "accountEnabled": True,
        "passwordProfile": {"password": "Long-Enough-1!"},
    }


def test_each_answer_tells_the_time_of_the_emulator(entra: Emulator) -> None:
    entra.control("PUT", "clock", {"stopped": True})
    entra.advance(86_400)
    now = entra.control("GET", "clock")["seconds"]
    answers = [entra.graph("GET", f"/users?{SELECT}"), entra.http.get("/v1.0/")]
    dates = [answer.headers.get_list("date") for answer in answers]
    assert [[parsedate_to_datetime(each).timestamp() for each in told] for told in dates] == [[now], [now]]
