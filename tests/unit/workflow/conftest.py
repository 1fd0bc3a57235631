# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both directories on the wire, and match_plan and match_apply run as Ansible runs them."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from doctor_estate import NOW, make_fine
from estate import NAMES, Estate
from forest_script import guid, person
from ldap_wire import Entry
from live_directory import LiveDirectory
from live_graph import LiveGraph
from renamed import rename_everybody
from scripted_graph import user
from shield_script import EVERYWHERE, account

from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.clock import Clock
from ansible_collections.hybrid.identity.plugins.modules import preconditions_info

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, server.pem and server.key for both servers."""
    folder = tmp_path_factory.mktemp("workflow-tls")
    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    leaf = authority.issue_cert("localhost", "127.0.0.1")
    (folder / "server.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(str(folder / "server.key"))
    return folder


@pytest.fixture(autouse=True)
def ldap_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How the collection waited for a lost domain controller: each wait in seconds, none of which took any time."""
    waits: list[float] = []
    monkeypatch.setattr(Clock, "now", lambda _clock: sum(waits))
    monkeypatch.setattr(Clock, "sleep", lambda _clock, seconds: waits.append(seconds))
    return waits


@pytest.fixture
def directory(tls: Path) -> Iterator[LiveDirectory]:
    """A domain with the ordinary accounts anna, bob and carl."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "server.pem", tls / "server.key")
    with LiveDirectory([], context) as server:
        server.put(*(person(number, name, **account(1600 + number)) for number, name in enumerate(NAMES, start=1)))
        for number, each in enumerate(EVERYWHERE, start=300):
            server.put(
                Entry(
                    each.name, {**each.values, "objectClass": ["top", "group"], "objectGUID": [guid(number).bytes_le]}
                )
            )
        yield server
    assert server.problems == []


@pytest.fixture
def graph(tls: Path) -> Iterator[LiveGraph]:
    """A tenant with cloud users of the same names, who have no ImmutableId."""
    server = LiveGraph(tls / "server.pem", tls / "server.key")
    server.put(*(user(number, f"{name}@contoso.com") for number, name in enumerate(NAMES, start=1)))
    yield server
    server.close()
    assert server.surprises == []


@pytest.fixture
def estate(
    directory: LiveDirectory,
    graph: LiveGraph,
    tls: Path,
    tmp_path: Path,
    give_arguments: Callable[[dict[str, object]], None],
    capfd: pytest.CaptureFixture[str],
) -> Estate:
    (tmp_path / "files").mkdir(mode=0o700)
    return Estate(directory, graph, tls / "ca.pem", tmp_path / "files", give_arguments, capfd)


@pytest.fixture
def addressed(estate: Estate) -> Estate:
    """An estate whose cloud users are named otherwise, and have the addresses of the accounts."""
    rename_everybody(estate)
    return estate


@pytest.fixture
def fine_estate(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a run needs is missing in the estate, and the time of this machine is NOW too."""
    make_fine(estate)
    monkeypatch.setattr(preconditions_info, "current_time", lambda: NOW)
