# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PowerShell modules, run by ansible-playbook through Ansible's own exec wrapper, against the stand-in ADSync.

The wire is what is faked: the server behind the stand-in's cycle is a scripted one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.resident_powershell import NO_PWSH, PWSH, ResidentPowerShell

from lab.ca import write_server_certificate
from lab.sync.scripted import Cloud
from playbook import Playbook
from pwsh_server import Server


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            # The first that runs PowerShell modules on a POSIX system.
            item.add_marker(pytest.mark.ansible_core("2.21"))
            if PWSH is None:
                item.add_marker(pytest.mark.skip(reason=NO_PWSH))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_server_certificate(tmp_path_factory.mktemp("cloud"))


@pytest.fixture(scope="module")
def new_server(
    tmp_path_factory: pytest.TempPathFactory, certificate: dict[str, Path]
) -> Iterator[Callable[[str], Server]]:
    """Makes a server of that name, with a cloud of its own."""
    servers: list[Server] = []

    def make(name: str) -> Server:
        folder = tmp_path_factory.mktemp(name)
        servers.append(Server(name, folder, Cloud(folder, certificate)))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()
        server.cloud.close()


@pytest.fixture(scope="module")
def playbook(tmp_path_factory: pytest.TempPathFactory, resident: ResidentPowerShell) -> Playbook:
    return Playbook(tmp_path_factory.mktemp("playbook"), resident)


@pytest.fixture(scope="module")
def ran(request: pytest.FixtureRequest, playbook: Playbook, new_server: Callable[[str], Server]) -> dict[str, Server]:
    """The servers of the test file's CASES, by the names of the cases, after one playbook has run them all."""
    servers: dict[str, Server] = request.module.CASES.run(playbook, new_server)
    return servers
