# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PowerShell that runs the tasks of all tests.

To start one and to compile Ansible's C# in it takes seconds of CPU for each task.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PWSH = shutil.which("pwsh")
NO_PWSH = "there is no pwsh on PATH: install PowerShell"
PLUGINS = Path(__file__).with_name("resident")


class ResidentPowerShell:
    """A process that runs resident/serve.ps1 for the connection plugin resident/resident.py."""

    def __init__(self) -> None:
        assert PWSH
        # A short path: that of a Unix socket may have 107 characters.
        self.folder = tempfile.TemporaryDirectory(prefix="pwsh")
        self.socket = Path(self.folder.name) / "socket"
        command = [PWSH, "-NoProfile", "-NonInteractive", "-File", str(PLUGINS / "serve.ps1"), "-Socket"]
        # It ends when its standard input does, so also when the tests are killed.
        self.process = subprocess.Popen(
            [*command, str(self.socket)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        # Ansible's wrapper starts another PowerShell, unless the interpreter lies in the folder of the one that runs.
        self.interpreter = f"{self.process.stdout.readline().strip()}/pwsh"
        assert self.socket.exists(), "the resident PowerShell did not start"

    def host_variables(self, environment: Mapping[str, str]) -> dict[str, Any]:
        """Return the inventory variables of a host whose tasks run here, with environment variables of its own."""
        return {
            "ansible_connection": "resident",
            "ansible_shell_type": "sh",
            "ansible_pwsh_interpreter": self.interpreter,
            "resident_environment": dict(environment),
        }

    def settings(self) -> dict[str, str]:
        """Return the environment variables with which ansible-playbook finds the process and the connection plugin."""
        return {"ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS), "RESIDENT_POWERSHELL": str(self.socket)}

    def close(self) -> None:
        self.process.communicate(timeout=60)
        self.folder.cleanup()
