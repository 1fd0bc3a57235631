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
from xml.sax.saxutils import escape

from lab.sync.clock import Clock
from lab.sync.problem import Problem, xml_time
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
# What counts an object that fails; no counter is known for one that cannot be read (discovery).
FAILURES = {"import": "StageFailure", "synchronization": "FlowFailure", "export": "ExportFailure"}
# What the run of a cycle that somebody stops ends in (MIM: run results).
STOPPED = "stopped-user-termination-from-wmi-or-ui"


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
            f"{failed}{where}<connection-log><incident>{failed}<date>{xml_time(now())}</date>{where}{said}"
            "</incident></connection-log>"
        )

    def fail(self, problem: Problem) -> None:
        """Fail on an object."""
        self.problems.append(problem)
        if problem.stage in FAILURES:
            self.counts[FAILURES[problem.stage]] += 1

    def outcome(self) -> str:
        if self.result:
            return self.result
        stages = {problem.stage for problem in self.problems}
        if "export" in stages:
            return "completed-export-errors"
        if "discovery" in stages:
            return "completed-discovery-errors"
        return "completed-sync-errors" if stages else "success"


class History:
    """Writes runs; plays the failures that are set for them."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.state, self.clock = state, clock
        self.faults: dict[str, Any] = state.read("faults.json", {})
        # Runs are numbered by connector (facts §20), their files through all of them.
        files = (state.folder / "runs").glob("*.json")
        self.numbers = Counter(json.loads(file.read_text())["ConnectorName"] for file in files)

    @contextmanager
    def run(self, connector: dict[str, str], profile: str) -> Iterator[Step | None]:
        """One run profile of one step. Yields None where a set failure keeps it from doing anything."""
        name, step = connector["Name"], Step()
        self.numbers[name] += 1
        record: dict[str, Any] = {
            "RunHistoryId": str(uuid.uuid4()),
            "ConnectorId": connector["Identifier"],
            "ConnectorName": name,
            "RunProfileId": str(uuid.uuid5(uuid.UUID(connector["Identifier"]), profile)),
            "RunProfileName": profile,
            "RunNumber": self.numbers[name],
            "Username": "CONTOSO\\ADSync",
            "IsRunComplete": False,
            "Result": "in-progress",
            "CurrentStepNumber": 1,
            "TotalSteps": 1,
            "StartDate": now(),
            "EndDate": None,
            "Steps": [],
        }
        file = f"runs/{self.numbers.total():06}.json"
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
                "Result": self.faults.get("run_results", {}).get(f"{name}/{profile}", step.outcome()),
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
        for problem in self.faults.get("problems", {}).get(key, []):
            step.fail(Problem(**problem))

    def _step(self, step: Step, started: str) -> dict[str, Any]:
        read = "".join(problem.xml() for problem in step.problems if problem.stage != "discovery")
        unread = "".join(problem.xml() for problem in step.problems if problem.stage == "discovery")
        return {
            "StepHistoryId": str(uuid.uuid4()),
            "StepNumber": 1,
            "StepResult": step.outcome(),
            "StartDate": started,
            "EndDate": now(),
            **{name: step.counts[name] for name in COUNTERS},
            "CurrentExportBatchNumber": 0,
            "LastSuccessfulExportBatchNumber": 0,
            "StepFileName": "",
            "ConnectorConnectionInformationXml": step.connection,
            # Where there is no error, what stands there is an empty text (facts §20).
            "ConnectorDiscoveryErrors": _wrapped("ConnectorDiscoveryErrorsXml", "ma-discovery-errors", unread),
            "ConnectorCountersXml": "",
            "SyncErrors": _wrapped("SyncErrorsXml", "synchronization-errors", read),
            "StepXml": "",
            "MvRetryErrors": "",
            "FlowCountersXml": "",
        }


def _wrapped(name: str, root: str, xml: str) -> dict[str, str] | str:
    return {name: f"<{root}>{xml}</{root}>"} if xml else ""
