# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up Entra Connect server to run tasks on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.resident_powershell import PWSH

from lab.sync.scripted import Cloud
from lab.sync.state import State, prepare

TESTS = Path(__file__).resolve().parents[2]
MODULES = TESTS / "lab" / "adsync"
NOTE = "SOFTWARE\\hybrid.identity\\SchedulerHold"
ENTRA = "contoso.onmicrosoft.com - AAD"


class Server:
    """A made-up Entra Connect server: its state, the cloud behind it, the tasks planned on it and their results."""

    def __init__(self, name: str, folder: Path, cloud: Cloud) -> None:
        self.name, self.folder, self.cloud = name, folder, cloud
        self.state: State = prepare(folder / "state", forests=[], cloud=cloud.settings)
        self.planned: list[dict[str, Any]] = []
        self.results: list[dict[str, Any]] = []
        self.environment: dict[str, str] = {}
        # Whether each task starts a PowerShell, as the connection plugins local and ssh do.
        self.own_process = False

    def task(self, module: str, *, check: bool = False, diff: bool = False, **options: Any) -> None:
        """Plan a task. A failure does not keep the next ones from running."""
        keywords = {"check_mode": check, "diff": diff, "ignore_errors": True}
        self.planned.append({f"hybrid.identity.{module}": options, **keywords})

    def cycle(self, *, check: bool = False, **options: Any) -> None:
        self.task("adsync_cycle", check=check, **{"poll_interval": 1, "timeout": 60, **options})

    def faults(self, **faults: Any) -> None:
        self.state.write("faults.json", faults)

    def scheduler(self, **settings: Any) -> None:
        self.state.write("scheduler.json", {**self.state.read("scheduler.json"), **settings})

    def settings(self) -> dict[str, Any]:
        """The scheduler's settings under the names of the module's options."""
        stored = self.state.read("scheduler.json")
        return {
            "next_policy_type": stored["NextSyncCyclePolicyType"].lower(),
            "custom_interval": stored["CustomizedSyncCycleInterval"],
        }

    def enabled(self) -> bool:
        return bool(self.state.read("scheduler.json")["SyncCycleEnabled"])

    def note(self) -> dict[str, str] | None:
        """The note of the hold in the server's registry."""
        found: dict[str, str] | None = self.state.read("windows.json")["registry"].get(NOTE)
        return found

    def tasks(self) -> dict[str, dict[str, Any]]:
        """The scheduled tasks, by their names."""
        return dict(self.state.read("tasks.json", {}))

    def advance(self, seconds: int) -> None:
        """Let the server's time pass, with all that it does by itself meanwhile."""
        environment = {**os.environ, "ADSYNC_LAB_STATE": str(self.state.folder), "PSModulePath": str(MODULES)}
        script = f"Import-Module -Name ADSync; Wait-ConnectPoll -Seconds {seconds}"
        command = [str(PWSH), "-NoProfile", "-NonInteractive", "-Command", script]
        subprocess.run(command, env=environment, check=True, timeout=300, stdout=subprocess.DEVNULL)

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

    def start_cycle(self) -> None:
        """Have a cycle in progress that no task started: it has paused (lab.sync.clock), as the faults want it."""
        command = [sys.executable, "-m", "lab.sync", "--state", str(self.state.folder), "--detach"]
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        subprocess.run(command, env=environment, check=True, timeout=300, stdout=subprocess.DEVNULL)
        assert self.cycle_lives(), "the cycle did not pause"

    def cycle_lives(self) -> bool:
        cycle = self.state.read("cycle.json")
        return bool(cycle) and Path(f"/proc/{cycle['pid']}").exists()

    def stop(self) -> None:
        """End the cycle that a test left in progress."""
        if self.cycle_lives():
            os.kill(self.state.read("cycle.json")["pid"], 15)
