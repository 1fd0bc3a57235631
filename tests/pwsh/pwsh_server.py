# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up Entra Connect server to run tasks on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from lab.sync.state import State

TESTS = Path(__file__).resolve().parents[1]
MODULES = TESTS / "lab" / "adsync"
PWSH = shutil.which("pwsh")
ENTRA = "contoso.onmicrosoft.com - AAD"


class Server:
    """A made-up Entra Connect server: its state, and tasks run on it."""

    def __init__(self, folder: Path, state: State) -> None:
        self.folder, self.state = folder, state
        self.environment_changes: dict[str, str] = {}
        (folder / "ansible.cfg").touch()

    def faults(self, **faults: Any) -> None:
        self.state.write("faults.json", faults)

    def scheduler(self, **settings: Any) -> None:
        self.state.write("scheduler.json", {**self.state.read("scheduler.json"), **settings})

    def pending(self, *anchors: str) -> None:
        """Users that an earlier cycle read from the directory and that are to be exported."""
        joined = {
            anchor: {
                "guid": anchor,
                "forest": "gone.example.com",
                "record": {
                    "type": "user",
                    "sourceAnchor": anchor,
                    "userPrincipalName": f"user{number}@contoso.com",
                    "distinguishedName": f"CN=User {number},DC=ad,DC=contoso,DC=com",
                },
            }
            for number, anchor in enumerate(anchors)
        }
        memory = self.state.read("space.json", {"ad": {}, "cloud": {}})
        self.state.write("space.json", {**memory, "joined": joined})

    def runs(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted((self.state.folder / "runs").glob("*.json"))]

    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "PYTHONPATH": str(TESTS),
            "PSModulePath": str(MODULES),
            "ADSYNC_LAB_STATE": str(self.state.folder),
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", ""),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote"),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            **self.environment_changes,
        }

    def _command(self, hosts: dict[str, Path], tasks: list[dict[str, Any]], *arguments: str) -> list[str]:
        """The command that runs `tasks` on `hosts`, each with the folder of its state."""
        play = {
            "hosts": "all",
            "gather_facts": False,
            "environment": {"ADSYNC_LAB_STATE": "{{ lab_state }}"},
            "tasks": tasks,
        }
        common = {"ansible_connection": "local", "ansible_shell_type": "sh", "ansible_pwsh_interpreter": PWSH}
        inventory = {name: {**common, "lab_state": str(folder)} for name, folder in hosts.items()}
        (self.folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": inventory}}))
        (self.folder / "play.yml").write_text(yaml.safe_dump([play]))
        program = Path(sys.executable).parent / "ansible-playbook"
        return [str(program), "-v", "-i", str(self.folder / "inventory.yml"), *arguments, str(self.folder / "play.yml")]

    def command(self, module: str, options: dict[str, Any], *arguments: str) -> list[str]:
        return self._command({"connect1": self.state.folder}, [{f"hybrid.identity.{module}": options}], *arguments)

    def _run(self, command: list[str]) -> list[tuple[str, dict[str, Any]]]:
        """Run the command; return host and result of each task in the order in which they ended."""
        done = subprocess.run(
            command,
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        shown = done.stdout + done.stderr
        results = []
        for start in re.finditer(r"^(ok|changed|fatal): \[(\w+)\].* => ", done.stdout, re.MULTILINE):
            result, _end = json.JSONDecoder().raw_decode(done.stdout, start.end())
            found = {"failed": start[1] == "fatal", "changed_shown": start[1] == "changed", "shown": shown}
            results.append((start[2], {**result, **found}))
        assert results, shown
        return results

    def task(self, module: str, *arguments: str, **options: Any) -> dict[str, Any]:
        """Run one task by ansible-playbook; return its result as a person sees it, and as `shown` all that was."""
        return self._run(self.command(module, options, *arguments))[0][1]

    def steps(self, module: str, steps: list[dict[str, Any]], *arguments: str) -> list[dict[str, Any]]:
        """Run several tasks of a module one after the other in one play, failed or not; return their results."""
        tasks = [{f"hybrid.identity.{module}": options, "ignore_errors": True} for options in steps]
        results = self._run(self._command({"connect1": self.state.folder}, tasks, *arguments))
        assert len(results) == len(steps), results[0][1]["shown"]
        return [result for _host, result in results]

    def everywhere(self, module: str, states: dict[str, State], **options: Any) -> dict[str, dict[str, Any]]:
        """Run one task on a made-up server for each state, in one play; return the results by the states' names."""
        hosts = {name: state.folder for name, state in states.items()}
        return dict(self._run(self._command(hosts, [{f"hybrid.identity.{module}": options}])))

    def cycle(self, *arguments: str, **options: Any) -> dict[str, Any]:
        return self.task("adsync_cycle", *arguments, **{"poll_interval": 1, "timeout": 60, **options})

    def lab_sync(self, *arguments: str) -> list[str]:
        """The command that runs a cycle without any task."""
        return [sys.executable, "-m", "lab.sync", "--state", str(self.state.folder), *arguments]

    def stop(self) -> None:
        """End the cycle that a test left running."""
        cycle = self.state.read("cycle.json")
        if cycle and Path(f"/proc/{cycle['pid']}").exists():
            os.kill(cycle["pid"], 15)


def start_cycle(server: Server) -> int:
    """Have a cycle running that no task started; return its pid."""
    command = server.lab_sync("--detach")
    subprocess.run(command, env=server.environment(), check=True, timeout=30, stdout=subprocess.DEVNULL)
    return wait_for_cycle(server)


def wait_for_cycle(server: Server) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        cycle = server.state.read("cycle.json")
        if cycle and server.state.read("running.json"):
            return int(cycle["pid"])
        time.sleep(0.1)
    raise AssertionError("no cycle began")
