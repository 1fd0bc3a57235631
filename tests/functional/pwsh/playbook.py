# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of ansible-playbook: the tasks of many made-up servers in one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from support.resident_powershell import PWSH, ResidentPowerShell

from pwsh_server import MODULES, TESTS, Server

# Seconds, far above what a playbook takes.
TIMEOUT = 1800


class Playbook:
    """Runs what is planned on servers. `folder` holds the files of ansible-playbook."""

    def __init__(self, folder: Path, resident: ResidentPowerShell) -> None:
        self.folder, self.resident = folder, resident
        (folder / "ansible.cfg").touch()

    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "PYTHONPATH": str(TESTS),
            "PSModulePath": str(MODULES),
            **self.resident.settings(),
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", ""),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote"),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        }

    def command(self, servers: list[Server], *arguments: str) -> list[str]:
        """The command that runs what is planned on each server, in a play of its own."""
        plays, hosts = [], {}
        for server in servers:
            play = {"hosts": server.name, "gather_facts": False, "tasks": server.planned}
            plays.append({"name": server.name, **play, "environment": {"ADSYNC_LAB_STATE": str(server.state.folder)}})
            own = {"ansible_connection": "local", "ansible_shell_type": "sh", "ansible_pwsh_interpreter": PWSH}
            hosts[server.name] = own if server.own_process else self.resident.host_variables(server.environment)
        (self.folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        (self.folder / "play.yml").write_text(yaml.safe_dump(plays))
        program = Path(sys.executable).parent / "ansible-playbook"
        return [str(program), "-v", "-i", str(self.folder / "inventory.yml"), *arguments, str(self.folder / "play.yml")]

    def run(self, servers: list[Server], *arguments: str) -> None:
        """Run what is planned on the servers; their results come after those that they have."""
        done = subprocess.run(
            self.command(servers, *arguments),
            env=self.environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            # Together, so that a warning stands beside the task that it belongs to.
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        shown = dict(re.findall(r"^PLAY \[(\w+)\] \*+\n(.*?)(?=^PLAY )", done.stdout, re.MULTILINE | re.DOTALL))
        for server in servers:
            results = list(_results(shown.get(server.name, "")))
            assert len(results) == len(server.planned), done.stdout
            server.results += results
            server.planned = []


def _results(shown: str) -> list[dict[str, Any]]:
    """The results of tasks as a person sees them; `shown`: all that was shown of the server's tasks."""
    found = []
    for start in re.finditer(r"^(ok|changed|fatal): \[\w+\].* => ", shown, re.MULTILINE):
        result, _end = json.JSONDecoder().raw_decode(shown, start.end())
        found.append(
            {**result, "failed": start[1] == "fatal", "changed_shown": start[1] == "changed", "shown": shown},
        )
    return found
