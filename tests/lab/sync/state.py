# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a cycle and the stand-in module ADSync share, in one folder of mode 0700.

``estate.json``     where directory and cloud are, and the Python to run the cycle with (holds the LDAP password: 0600)
``scheduler.json``  what Set-ADSyncScheduler sets     ``connectors.json``  the connectors
``faults.json``     failures to play                  ``busy.json``        connectors busy by somebody else's hand
``cycle.json``      there while a cycle runs          ``running.json``     the connector that runs a profile
``runs/*.json``     the run history                   ``space.json``       the engine's memory
``cs.json``         the connector space for the cmdlets
``settings.json``   how the server's set-up differs   ``windows.json``     the Windows server (lab.sync.windows)
``clock.json``      the lab's time                    ``process.json``     what a detached cycle does (lab.sync.clock)
``tasks.json``      the scheduled tasks of Windows
"""

from __future__ import annotations

import datetime
import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

from lab.sync import windows

# Microsoft's fixed identifier of the connector to Entra (facts §5).
ENTRA_CONNECTOR_ID = "b891884f-051e-4a83-95af-2544101c9083"
TESTS = Path(__file__).resolve().parents[2]


def now() -> str:
    """The time as the files spell it: UTC, ISO 8601, milliseconds."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class State:
    """Reads and writes the files of one folder; every write replaces a whole file at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str, default: Any = None) -> Any:
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return default

    def write(self, name: str, value: Any) -> None:
        path = self.folder / name
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(value, out, indent=1)
        os.replace(temporary, path)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def take_cycle(self, policy: str) -> bool:
        """Raise the flag SyncCycleInProgress; False where another cycle that still lives holds it."""
        content = {"pid": os.getpid(), "policy": policy, "started": now()}
        held = self.read("cycle.json")
        if held:
            if Path(f"/proc/{held['pid']}").exists():
                return False
            self.remove("cycle.json")
        # Written aside and linked, so that two who start together cannot both have it, and nobody reads half of it.
        aside = self.folder / f".cycle.{os.getpid()}"
        aside.write_text(json.dumps(content), encoding="utf-8")
        try:
            os.link(aside, self.folder / "cycle.json")
        except FileExistsError:
            return False
        finally:
            aside.unlink()
        return True

    def release_cycle(self) -> None:
        self.remove("running.json")
        scheduler = self.read("scheduler.json")
        interval = datetime.timedelta(minutes=30)
        upcoming = datetime.datetime.now(datetime.UTC) + interval
        scheduler["NextSyncCycleStartTimeInUTC"] = upcoming.strftime("%Y-%m-%dT%H:%M:%SZ")
        scheduler["NextSyncCyclePolicyType"] = "Delta"
        self.write("scheduler.json", scheduler)
        self.remove("cycle.json")


def prepare(
    folder: Path,
    *,
    forests: list[dict[str, Any]],
    cloud: dict[str, str],
    tenant: str = "contoso.onmicrosoft.com",
    anchor_attribute: str = "mS-DS-ConsistencyGuid",
    python: str = sys.executable,
    deletion_threshold: int = 500,
) -> State:
    """Lay out a server whose set-up is finished and that has never run a cycle.

    ``forests``: ``{"name", "netbios", "server", "port", "ca_cert", "username", "password", "search_base"?,
    "excluded"?, "group"?}`` each: ``excluded`` is a list of OUs that the wizard's filter leaves out, and ``group`` the
    DN of a group of which only direct members are synchronised (facts §19);
    ``cloud``: ``{"url", "ca_cert"}`` of the emulator. Deletion threshold: facts §5 (500).
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "runs").mkdir(exist_ok=True)
    state = State(folder)
    state.write(
        "estate.json",
        {
            "forests": forests,
            "cloud": cloud,
            "tenant": tenant,
            "anchor_attribute": anchor_attribute,
            "deletion_threshold": deletion_threshold,
            "python": python,
            "pythonpath": str(TESTS),
        },
    )
    connectors = [
        {"Name": forest["name"], "Identifier": str(uuid.uuid5(uuid.NAMESPACE_DNS, forest["name"])), "Type": "AD"}
        for forest in forests
    ]
    connectors.append({"Name": f"{tenant} - AAD", "Identifier": ENTRA_CONNECTOR_ID, "Type": "Extensible2"})
    state.write("connectors.json", connectors)
    state.write(
        "scheduler.json",
        {
            "CustomizedSyncCycleInterval": None,
            "NextSyncCyclePolicyType": "Delta",
            "NextSyncCycleStartTimeInUTC": now(),
            "PurgeRunHistoryInterval": "7.00:00:00",
            "SyncCycleEnabled": True,
            "MaintenanceEnabled": True,
            "StagingModeEnabled": False,
            "SchedulerSuspended": False,
        },
    )
    state.write("faults.json", {})
    state.write("windows.json", windows.server())
    return state
