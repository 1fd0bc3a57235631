# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PowerShell modules, run by ansible-playbook through Ansible's own exec wrapper, against the stand-in ADSync.

The wire is what is faked: the server behind the stand-in's cycle is a scripted one.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from lab.sync.scripted import Cloud
from lab.sync.state import prepare
from pwsh_server import PWSH, Server

_CORE = tuple(int(part) for part in version("ansible-core").split(".")[:2])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = ""
    if PWSH is None:
        reason = "no pwsh on PATH: install PowerShell to run the tests of the PowerShell modules"
    elif _CORE < (2, 21):
        reason = "ansible-core runs PowerShell modules on POSIX from 2.21 on"
    for item in items:
        if reason and Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.skip(reason=reason))


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
