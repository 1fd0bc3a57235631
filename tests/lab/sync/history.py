# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run history: one file a run, with the names and the result values that the cmdlets show (facts §5)."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lab.sync.clock import Clock
from lab.sync.state import State, now

COUNTERS = (
    *("StageNoChange", "StageAdd", "StageUpdate", "StageRename", "StageDelete", "StageDeleteAdd", "StageFailure"),
    *("DisconnectorFiltered", "DisconnectorJoinedNoFlow", "DisconnectorJoinedFlow", "DisconnectorJoinedRemoveMv"),
    *("DisconnectorProjectedNoFlow", "DisconnectorProjectedFlow", "DisconnectorProjectedRemoveMv"),
    "DisconnectorRemains",
    *("ConnectorFilteredRemoveMv", "ConnectorFilteredLeaveMv", "ConnectorFlow", "ConnectorFlowRemoveMv"),
    *("ConnectorNoFlow", "ConnectorDeleteRemoveMv", "ConnectorDeleteLeaveMv", "ConnectorDeleteAddProcessed"),
    *("FlowFailure", "ExportAdd", "ExportUpdate", "ExportRename", "ExportDelete", "ExportDeleteAdd", "ExportFailure"),
)
# What the run of a cycle that somebody stops ends in (MIM: run results).
STOPPED = "stopped-user-termination-from-wmi-or-ui"


@dataclass
class Problem:
    """An object that a step failed on. `stage`: import, synchronization or export."""

    stage: str
    dn: str
    object_id: str
    code: str
    message: str
    details: dict[str, list[str]] | None = None
    first_occurred: str = field(default_factory=now)
    retry_count: int = 0

    def xml(self) -> str:
        """As SyncErrorsXml holds it."""
        extra = ""
        if self.details:
            pairs = [{"Key": key, "Value": values} for key, values in self.details.items()]
            extra = f"<extra-error-details>{escape(json.dumps(pairs))}</extra-error-details>"
        said = escape(self.message)
        info = f"<cd-error><error-literal>{said}</error-literal>{extra}</cd-error>"
        if self.stage != "export":
            info = f"<rule-error-info><extension-error-info>{said}</extension-error-info></rule-error-info>"
        return (
            f'<{self.stage}-error cs-guid="{{{self.object_id.upper()}}}" dn={quoteattr(self.dn)}>'
            f"<date-occurred>{_xml_time(now())}</date-occurred>"
            f"<first-occurred>{_xml_time(self.first_occurred)}</first-occurred>"
            f"<retry-count>{self.retry_count}</retry-count>"
            f"<error-type>{escape(self.code)}</error-type>{info}</{self.stage}-error>"
        )


def _xml_time(text: str) -> str:
    return text.replace("T", " ").rstrip("Z")


@dataclass
class Step:
    """The step of a run while it goes on: what it counts, what it fails on, how it ends."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    result: str = ""
    connection: str = ""

    def no_connection(self, server: str, error: Exception) -> None:
        """End the step as one that could not start; the cmdlets show why."""
        self.result = "no-start-connection"
        failed = "<connection-result>failed-connection</connection-result>"
        where = f"<server>{escape(server)}</server>"
        said = f"<cd-error><error-literal>{escape(str(error))}</error-literal></cd-error>"
        self.connection = (
            f"{failed}{where}<connection-log><incident>{failed}<date>{_xml_time(now())}</date>{where}{said}"
            "</incident></connection-log>"
        )

    def outcome(self) -> str:
        if self.result:
            return self.result
        stages = {problem.stage for problem in self.problems}
        if "export" in stages:
            return "completed-export-errors"
        return "completed-sync-errors" if stages else "success"


class History:
    """Writes runs; plays the failures that are set for them."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.state, self.clock = state, clock
        self.faults: dict[str, Any] = state.read("faults.json", {})

    @contextmanager
    def run(self, connector: dict[str, str], profile: str) -> Iterator[Step | None]:
        """One run profile of one step. Yields None where a set failure keeps it from doing anything."""
        name, step = connector["Name"], Step()
        number = 1 + len(list((self.state.folder / "runs").glob("*.json")))
        record: dict[str, Any] = {
            "RunHistoryId": str(uuid.uuid4()),
            "ConnectorId": connector["Identifier"],
            "ConnectorName": name,
            "RunProfileId": str(uuid.uuid5(uuid.UUID(connector["Identifier"]), profile)),
            "RunProfileName": profile,
            "RunNumber": number,
            "Username": "CONTOSO\\ADSync",
            "IsRunComplete": False,
            "Result": "in-progress",
            "CurrentStepNumber": 1,
            "TotalSteps": 1,
            "StartDate": now(),
            "EndDate": None,
            "Steps": [],
        }
        file = f"runs/{number:06}.json"
        self.state.write("running.json", [name])
        self.state.write(file, record)
        try:
            self._play(f"{name}/{profile}", step)
            yield None if step.result else step
        except BaseException:
            step.result = step.result or STOPPED
            raise
        finally:
            record |= {
                "IsRunComplete": True,
                "Result": step.outcome(),
                "EndDate": now(),
                "Steps": [self._step(step, record["StartDate"])],
            }
            self.state.write(file, record)
            # Idle between the steps, which is why nobody may trust the connectors alone (facts §5).
            self.state.remove("running.json")
        self.clock.pause(float(self.faults.get("gap_seconds", 0)))

    def _play(self, key: str, step: Step) -> None:
        self.clock.pause(float(self.faults.get("step_seconds", 0)))
        if self.faults.get("never_ends") == key:
            self.clock.stop()
        step.result = self.faults.get("steps", {}).get(key, "")

    def _step(self, step: Step, started: str) -> dict[str, Any]:
        errors = "".join(problem.xml() for problem in step.problems)
        return {
            "StepHistoryId": str(uuid.uuid4()),
            "StepNumber": 1,
            "StepResult": step.outcome(),
            "StartDate": started,
            "EndDate": now(),
            **{name: step.counts[name] for name in COUNTERS},
            "ConnectorConnectionInformationXml": step.connection,
            "SyncErrors": {"SyncErrorsXml": f"<synchronization-errors>{errors}</synchronization-errors>"},
        }
