# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator that the tests drive, and users as a sync client exports them."""

from __future__ import annotations

import base64
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.entra_process import Emulator


@pytest.fixture(scope="session")
def _emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    server = Emulator(tmp_path_factory.mktemp("entra")).start()
    yield server
    assert server.stop() == 0, server.log()
    # A client that went without TLS's goodbye is waited for; the server says that it stopped waiting.
    assert [line for line in server.log().splitlines() if "timeout graceful shutdown exceeded" not in line] == []


@pytest.fixture
def entra(_emulator: Emulator) -> Emulator:
    """The shared emulator, back at its seed, settings at their defaults."""
    assert _emulator.http.post("/lab/immutable-ids", json={}).status_code == 200
    assert _emulator.http.post("/lab/reset").status_code == 204
    return _emulator


@pytest.fixture
def own_entra(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator for a test that stops or kills it."""
    server = Emulator(tmp_path).start()
    yield server
    assert server.process
    if server.process.poll() is None:
        server.stop()


def ad_user(upn: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """A user as a sync client exports it; `number` makes anchor and SID."""
    name = upn.partition("@")[0]
    return {
        "type": "user",
        "sourceAnchor": anchor(number),
        "userPrincipalName": upn,
        "accountEnabled": True,
        "displayName": f"{name} of AD",
        "distinguishedName": f"CN={name},OU=People,DC=ad,DC=contoso,DC=com",
        "samAccountName": name[:20],
        "securityIdentifier": f"S-1-5-21-1-2-3-{1000 + number}",
        "domainName": "ad.contoso.com",
        **more,
    }


def anchor(number: int) -> str:
    """The source anchor of the AD object with that number."""
    return base64.b64encode(uuid.UUID(int=number).bytes_le).decode()
