# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End to end: ansible-playbook against the running lab, seen from outside with tools that are not ours."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from outside import Control, Directory, Graph, state_folder
from scheduler import Server
from support.resident_powershell import NO_PWSH, ResidentPowerShell
from support.resident_python import ResidentPython

from lab.connect_server import HOST, environment
from playbooks import Ansible, Run


@pytest.fixture(scope="session", autouse=True)
def _built_modules(built_modules: None) -> None:
    """Each module is built once."""


@pytest.fixture(scope="session")
def state() -> Path:
    folder = state_folder()
    if not (folder / "lab.json").is_file():
        pytest.fail(f"No lab is up in {folder}; start it with make lab-up.", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def lab(state: Path) -> dict[str, Any]:
    return dict(json.loads((state / "lab.json").read_text("utf-8")))


@pytest.fixture(scope="session")
def directory(lab: dict[str, Any]) -> Directory:
    return Directory(lab)


@pytest.fixture
def graph(lab: dict[str, Any]) -> Graph:
    return Graph(lab)


@pytest.fixture(scope="session")
def control(lab: dict[str, Any]) -> Control:
    return Control(lab)


@pytest.fixture
def fresh(control: Control, directory: Directory) -> Iterator[None]:
    """Both directories as they were seeded, before and after the test."""
    control("POST", "reset")
    directory.clear_suffixes()
    yield
    control("POST", "reset")
    directory.clear_suffixes()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "connect" in getattr(item, "fixturenames", ()):
            # The first that runs PowerShell modules on a POSIX system, as the lab's Entra Connect server is.
            item.add_marker(pytest.mark.ansible_core("2.21"))


@pytest.fixture(scope="session")
def with_resident(state: Path, resident: ResidentPowerShell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab's inventory; tasks on its Entra Connect server run in the PowerShell that stays."""
    inventory = yaml.safe_load((state / "inventory.yml").read_text("utf-8"))
    hosts = inventory["all"]["children"]["entra_connect"]["hosts"]
    hosts[HOST] = resident.host_variables(environment(state / "connect"))
    return _write(inventory, tmp_path_factory.mktemp("inventory"))


@pytest.fixture(scope="session")
def resident_python() -> Iterator[ResidentPython]:
    process = ResidentPython()
    yield process
    process.close()


@pytest.fixture
def own_python() -> None:
    """Each module starts a Python, which a test can kill with all that a playbook has started."""


@pytest.fixture
def own_powershell() -> None:
    """Each task on the Entra Connect server starts a PowerShell, as it does over SSH or WinRM."""


@pytest.fixture
def connect(state: Path) -> Path:
    """The Entra Connect server as it was set up: no cycle has run."""
    inventory = yaml.safe_load((state / "inventory.yml").read_text("utf-8"))
    if "entra_connect" not in inventory["all"]["children"]:
        # The lab has no server only if there was no pwsh.
        pytest.skip(NO_PWSH)
    folder = state / "connect"
    for name in ("space.json", "cs.json"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "runs")
    (folder / "runs").mkdir()
    return folder


@pytest.fixture
def server(connect: Path, tmp_path: Path) -> Iterator[Server]:
    """The Entra Connect server, which is afterwards as it was."""
    found = Server(connect)
    (tmp_path / "server").mkdir()
    found.keep(tmp_path / "server")
    yield found
    found.clean(tmp_path / "server")


@pytest.fixture(scope="session")
def without_connect(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab's inventory without an Entra Connect server, each look at which starts a PowerShell."""
    inventory = yaml.safe_load((state / "inventory.yml").read_text("utf-8"))
    inventory["all"]["children"].pop("entra_connect", None)
    return _write(inventory, tmp_path_factory.mktemp("inventory"))


def _write(inventory: dict[str, Any], folder: Path) -> Path:
    path = folder / "inventory.yml"
    path.touch(0o600)
    path.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    return path


@pytest.fixture
def ansible(
    request: pytest.FixtureRequest,
    state: Path,
    without_connect: Path,
    resident_python: ResidentPython,
    tmp_path: Path,
) -> Ansible:
    """The lab's inventory; with its Entra Connect server for the tests that ask for it."""
    interpreter = None if "own_python" in request.fixturenames else resident_python.interpreter
    if "connect" not in request.fixturenames:
        return Ansible(without_connect, tmp_path, interpreter=interpreter)
    if "own_powershell" in request.fixturenames:
        return Ansible(state / "inventory.yml", tmp_path, interpreter=interpreter)
    resident: ResidentPowerShell = request.getfixturevalue("resident")
    return Ansible(request.getfixturevalue("with_resident"), tmp_path, resident.settings(), interpreter)


@pytest.fixture(scope="session")
def secrets(lab: dict[str, Any]) -> list[str]:
    """Everything that must never be seen in any output."""
    return [lab["admin_password"], *(app["secret"] for app in lab["apps"].values())]


@pytest.fixture(scope="session")
def shows_no_secret(secrets: list[str]) -> Callable[[Run], None]:
    """A check of what a run with all that Ansible can say has printed."""

    def check(run: Run) -> None:
        assert len(run.output) > 1000
        assert not [secret for secret in secrets if secret in run.output]
        # Longer than any ImmutableId.
        assert not re.search(r"eyJ[\w-]{20}", run.output), "that looks like a token"

    return check
