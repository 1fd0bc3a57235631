# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role entra_connect on the stand-in: what needs no Windows is run as it is on a server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.connect_server import MODULES, environment
from playbooks import Ansible

PLAYBOOK = "hybrid.identity.entra_connect"
NAMES = ("windows.json", "connectors.json")
DESKTOP = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"


@pytest.fixture
def server(connect: Path, tmp_path: Path) -> Iterator[Path]:
    for name in NAMES:
        shutil.copy(connect / name, tmp_path / name)
    yield connect
    for name in NAMES:
        shutil.copy(tmp_path / name, connect / name)


def test_the_role_stops_at_the_wizard_and_goes_on_after_it(ansible: Ansible, server: Path, tmp_path: Path) -> None:
    connectors = (server / "connectors.json").read_text("utf-8")
    (server / "connectors.json").write_text("[]", encoding="utf-8")
    page = tmp_path / "wizard.md"
    stopped = ansible.playbook(PLAYBOOK, variables={"entra_connect_wizard_guide": str(page)})
    assert stopped.code == 2, stopped.failure
    assert ("but its wizard is not complete. A person must sign in to Entra ID in it.") in " ".join(
        stopped.output.split()
    )
    text = page.read_text("utf-8")
    assert "# The wizard of Entra Connect on connect1" in text
    # From the inventory and from the server.
    assert "Verified (contoso.com, fabrikam.com, sub.fabrikam.com)" in text
    assert "a member of ad.contoso.com" in text
    assert all(line in stopped.output for line in ("| Express settings | Customize |", "**selected**"))

    (server / "connectors.json").write_text(connectors, encoding="utf-8")
    after = ansible.playbook(PLAYBOOK)
    assert after.code == 0, after.failure
    assert after.recap("connect1")["changed"] == 0
    assert "Entra Connect 2.6.84.0 is installed." in after.output
    assert "deletion threshold" in after.output


def test_a_server_that_cannot_carry_it_is_refused_and_an_empty_one_asks_for_the_msi(
    ansible: Ansible, server: Path, tmp_path: Path
) -> None:
    windows: dict[str, Any] = json.loads((server / "windows.json").read_text("utf-8"))
    windows["registry"] = {key: found for key, found in windows["registry"].items() if "Uninstall" not in key}
    windows["classes"]["Win32_Service"] = []
    (server / "windows.json").write_text(json.dumps(windows), encoding="utf-8")
    # With Windows' own modules and without ADSync, as on a server on which nothing is installed.
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "CimCmdlets").symlink_to(MODULES / "CimCmdlets")
    bare = {"resident_environment": {**environment(server), "PSModulePath": str(tmp_path / "modules")}}
    empty = ansible.playbook(PLAYBOOK, variables=bare)
    windows["registry"][DESKTOP]["InstallationType"] = "Server Core"
    (server / "windows.json").write_text(json.dumps(windows), encoding="utf-8")
    core = ansible.playbook(PLAYBOOK, variables={**bare, "entra_connect_msi": "AzureADConnect.msi"})
    assert empty.code == 2, empty.failure
    assert "Set entra_connect_msi to the MSI of Entra Connect" in " ".join(empty.output.split())
    assert core.code == 2, core.failure
    assert "needs a server with a full desktop" in " ".join(core.output.split())
