# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End to end: ansible-playbook against the running lab, seen from outside with tools that are not ours."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from outside import Control, Directory, Graph, state_folder

from playbooks import Ansible


@pytest.fixture(scope="session")
def state() -> Path:
    folder = state_folder()
    if not (folder / "lab.json").is_file():
        pytest.fail(f"No lab is up in {folder}; start it with make lab-up.", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def lab(state: Path) -> dict[str, Any]:
    return dict(json.loads((state / "lab.json").read_text("utf-8")))


@pytest.fixture
def directory(lab: dict[str, Any]) -> Directory:
    return Directory(lab)


@pytest.fixture
def graph(lab: dict[str, Any]) -> Graph:
    return Graph(lab)


@pytest.fixture
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


@pytest.fixture
def connect(state: Path) -> Path:
    """The Entra Connect server as it was set up: no cycle has run."""
    inventory = yaml.safe_load((state / "inventory.yml").read_text("utf-8"))
    if "entra_connect" not in inventory["all"]["children"]:
        pytest.skip("the lab has no Entra Connect server: there is no pwsh on PATH, install PowerShell")
    folder = state / "connect"
    for name in ("space.json", "cs.json"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "runs")
    (folder / "runs").mkdir()
    return folder


@pytest.fixture
def ansible(state: Path, tmp_path: Path) -> Ansible:
    return Ansible(state, tmp_path)


@pytest.fixture(scope="session")
def secrets(lab: dict[str, Any]) -> list[str]:
    """Everything that must never be seen in any output."""
    return [lab["admin_password"], *(app["secret"] for app in lab["apps"].values())]
