# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripted server, the options that lead to it, and a clock that needs no time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from scripted_graph import (
    APP_OWNERS,
    ASSIGNMENTS,
    CLIENT_ID,
    DEFINITIONS,
    DOMAINS,
    ELIGIBILITIES,
    ROLE_GROUPS,
    SECRET,
    TENANT,
    ScriptedGraph,
    found,
)

from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import graph_options
from ansible_collections.hybrid.identity.plugins.module_utils._module.guarded_files import read_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.clocks import SteppingClock
from support.wire import Wire


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """What the collection sends to Graph."""
    wire = Wire()
    wire.tap(monkeypatch)
    return wire


@pytest.fixture
def clock(wire: Wire) -> SteppingClock:
    """For the collection's waits: give it to a task in a `Watch`."""
    return SteppingClock(wire)


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, server.pem and server.key, and other.pem of a CA that signed nothing here."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    leaf = authority.issue_cert("localhost")
    (folder / "server.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(str(folder / "server.key"))
    return folder


@pytest.fixture
def graph(tls: Path) -> Iterator[ScriptedGraph]:
    """A server that fails the test for a request that was not expected, or was and did not come."""
    server = ScriptedGraph(tls / "server.pem", tls / "server.key")
    yield server
    server.close()
    assert server.surprises == []
    assert server.missing() == []


@pytest.fixture
def plain_tenant(graph: ScriptedGraph) -> None:
    """A tenant without administrators, role-assignable groups and federated domains, for tests of something else."""
    for path in (ASSIGNMENTS, ELIGIBILITIES, ROLE_GROUPS, *APP_OWNERS):
        graph.stand(path, found())
    graph.stand(DEFINITIONS, found(), version="beta")
    graph.stand(DOMAINS, found({"id": "contoso.com", "isVerified": True, "authenticationType": "Managed"}))


@pytest.fixture
def options(graph: ScriptedGraph, tls: Path) -> dict[str, Any]:
    """Values of all Graph options, for a sign-in with a client secret."""
    values = {name: spec.get("default") for name, spec in graph_options().items()}
    return {
        **values,
        "read_file": read_file,
        "tenant": TENANT,
        "client_id": CLIENT_ID,
        "secret": SECRET,
        "authority": graph.url,
        "graph_url": graph.url,
        "graph_ca_cert": str(tls / "ca.pem"),
        "disable_instance_discovery": True,
        "timeout": 300,  # no test waits for it, and no machine is too slow for it
    }
