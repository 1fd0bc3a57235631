# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator counts, for measurements, whether or not it keeps what was asked."""

from __future__ import annotations

from support.entra_process import Emulator
from test_batches import _patch


def test_requests_items_and_writes_are_counted(entra: Emulator) -> None:
    entra.http.put("/lab/settings", json={"record": False})
    token = entra.token()
    assert entra.http.delete("/lab/counters").status_code == 204
    entra.http.get("/v1.0/users", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
    entra.batch([_patch(1, "ada.fuchs@contoso.com", "one"), _patch(2, "no.body@contoso.com", "two")])
    found = entra.http.get("/lab/counters").json()
    assert found == {
        "wire": {"GET": 1, "POST": 1},
        "answers": {"GET 200": 1, "PATCH 204": 1, "PATCH 404": 1},
        "writes": [0.0],
    }
    assert entra.http.get("/lab/requests").json() == []


def test_what_is_told_to_wait_is_counted_and_is_no_write(entra: Emulator) -> None:
    limits = {"appTenantWrites": 1}
    entra.http.put("/lab/settings", json={"throttle": {"enabled": True, "limits": limits}})
    entra.http.delete("/lab/counters")
    entra.batch([_patch(1, "ada.fuchs@contoso.com", "one"), _patch(2, "ben.hartmann@contoso.com", "two")])
    found = entra.http.get("/lab/counters").json()
    assert found["answers"] == {"PATCH 204": 1, "PATCH 429": 1}
    assert len(found["writes"]) == 1
