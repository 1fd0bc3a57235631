# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PowerShell modules, run by ansible-playbook through Ansible's own exec wrapper, against the stand-in ADSync.

The wire is what is faked: the server behind the stand-in's cycle is a scripted one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.sync.scripted import Cloud
from lab.sync.state import prepare
from pwsh_server import PWSH, Server


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            # The first that runs PowerShell modules on a POSIX system.
            item.add_marker(pytest.mark.ansible_core("2.21"))
            if PWSH is None:
                item.add_marker(pytest.mark.skip(reason="there is no pwsh on PATH: install PowerShell"))


@pytest.fixture(scope="session")
def cloud_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    server = Cloud(tmp_path_factory.mktemp("cloud"))
    yield server
    server.close()


@pytest.fixture
def cloud(cloud_server: Cloud) -> Cloud:
    cloud_server.requests.clear()
    cloud_server.answers.clear()
    return cloud_server


@pytest.fixture
def connect_server(tmp_path: Path, cloud: Cloud) -> Iterator[Server]:
    state = prepare(tmp_path / "state", forests=[], cloud=cloud.settings)
    server = Server(tmp_path, state)
    yield server
    server.stop()
