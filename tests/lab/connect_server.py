# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Entra Connect server: the stand-in ADSync, on a real PowerShell where there is one."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from .errors import LabError
from .sync.state import prepare

HOST = "connect1"
MODULES = Path(__file__).with_name("adsync")
TESTS = Path(__file__).resolve().parents[1]
CYCLE_SECONDS = 1800
# The first ansible-core that runs PowerShell modules on anything but Windows.
CORE = (2, 21)


def lacking() -> str:
    """What this machine lacks to run PowerShell modules; empty if it lacks nothing."""
    version = metadata.version("ansible-core")
    if tuple(int(part) for part in version.split(".")[:2]) < CORE:
        return (
            f"ansible-core {version} runs PowerShell modules only on Windows; "
            "2.21, which needs Python 3.12 or newer, also runs them here"
        )
    if not shutil.which("pwsh"):
        return "PowerShell (pwsh) is not on PATH"
    return ""


def up(state: Path, lab: dict[str, Any]) -> None:
    """Lay out a server whose set-up is finished, and the PowerShell that finds it."""
    ldap = lab["ldap"]
    forest: dict[str, Any] = {"name": lab["domain"], "netbios": lab["netbios"]}
    # The wizard's OU filter, as estates use it: no people there.
    forest["excluded"] = [f"OU=Service Accounts,{ldap['base_dn']}"]
    forest |= {key: ldap[key] for key in ("server", "port", "ca_cert", "username", "password")}
    cloud = {"url": lab["graph_url"], "ca_cert": lab["ca_cert"]}
    prepare(state / "connect", forests=[forest], cloud=cloud)
    pwsh = shutil.which("pwsh")
    if pwsh:
        program = state / "connect" / "pwsh"
        program.write_text(_wrapper(state / "connect", pwsh), encoding="utf-8")
        program.chmod(0o700)


def environment(home: Path) -> dict[str, str]:
    """What makes a PowerShell that of the server: it finds the stand-in ADSync module, and writes only to `home`."""
    return {
        "ADSYNC_LAB_STATE": str(home),
        "PSModulePath": str(MODULES),
        **{f"XDG_{kind}_HOME": str(home / "home") for kind in ("CACHE", "CONFIG", "DATA")},
        "DOTNET_EnableDiagnostics": "0",
        "POWERSHELL_TELEMETRY_OPTOUT": "1",
        "POWERSHELL_UPDATECHECK": "Off",
    }


def _wrapper(home: Path, pwsh: str) -> str:
    lines = [
        "#!/bin/sh",
        *(f"export {name}={shlex.quote(value)}" for name, value in environment(home).items()),
        f'exec {shlex.quote(pwsh)} "$@"',
    ]
    return "\n".join([*lines, ""])


def host_variables(state: Path) -> dict[str, Any]:
    """Inventory variables of the host: tasks on it run in its PowerShell."""
    return {
        "ansible_connection": "local",
        "ansible_shell_type": "sh",
        "ansible_pwsh_interpreter": str(state / "connect" / "pwsh"),
    }


def run_cycle(state: Path, policy: str = "delta") -> None:
    """Run a cycle as the stand-in's Start-ADSyncSyncCycle does, without a PowerShell. Raises LabError."""
    command = [sys.executable, "-m", "lab.sync", "--state", str(state / "connect"), "--policy", policy]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=CYCLE_SECONDS, check=False)
    if done.returncode:
        raise LabError(f"The cycle ended with {done.returncode}: {done.stdout}{done.stderr}")
