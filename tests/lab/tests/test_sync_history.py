# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run history of the stand-in has the shapes of a real one (facts §20)."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from lab.sync.clock import Clock
from lab.sync.history import History
from lab.sync.problem import Problem
from lab.sync.state import State, prepare

AD, ENTRA = "ad.contoso.com", "contoso.onmicrosoft.com - AAD"
DN = "CN=Jane Doe,OU=Staff,DC=ad,DC=contoso,DC=com"


@pytest.fixture
def state(tmp_path: Path) -> State:
    return prepare(tmp_path / "state", forests=[{"name": AD}], cloud={})


def play(state: State, *names: str) -> list[dict[str, Any]]:
    """Run an export of each connector that does nothing; return all runs in their order."""
    history = History(state, Clock(state, detached=False))
    connectors = {item["Name"]: item for item in state.read("connectors.json")}
    for name in names:
        with history.run(connectors[name], "Export"):
            pass
    return [json.loads(path.read_text()) for path in sorted((state.folder / "runs").glob("*.json"))]


def test_runs_are_numbered_by_connector(state: State) -> None:
    play(state, AD, ENTRA, ENTRA)
    runs = play(state, AD, ENTRA)
    assert [(run["ConnectorName"], run["RunNumber"]) for run in runs] == [
        (AD, 1),
        (ENTRA, 1),
        (ENTRA, 2),
        (AD, 2),
        (ENTRA, 3),
    ]


def test_a_step_without_errors_has_empty_texts(state: State) -> None:
    [run] = play(state, ENTRA)
    step = run["Steps"][0]
    assert {step[name] for name in ("SyncErrors", "ConnectorDiscoveryErrors", "MvRetryErrors", "StepXml")} == {""}


def test_each_stage_has_its_element_and_its_result(state: State) -> None:
    key = f"{ENTRA}/Export"
    problem = {"dn": DN, "object_id": "2819a5c8-be27-ec11-a970-000000000001", "code": "code"}
    found = {}
    for stage in ("import", "synchronization", "export", "discovery"):
        state.write("faults.json", {"problems": {key: [{"stage": stage, **problem}]}})
        run = play(state, ENTRA)[-1]
        step = run["Steps"][0]
        [stored] = [step[name] for name in ("SyncErrors", "ConnectorDiscoveryErrors") if step[name]]
        [(name, text)] = stored.items()
        [error] = ET.fromstring(text)  # noqa: S314 - the stand-in's own
        found[stage] = (name, error.tag, error.findtext("algorithm-step"), run["Result"])
    assert found == {
        "import": ("SyncErrorsXml", "import-error", "staging", "completed-sync-errors"),
        "synchronization": ("SyncErrorsXml", "import-error", "import-flow", "completed-sync-errors"),
        "export": ("SyncErrorsXml", "export-error", None, "completed-export-errors"),
        "discovery": ("ConnectorDiscoveryErrorsXml", "ma-object-error", None, "completed-discovery-errors"),
    }


def test_what_a_synchronization_says_is_a_stack_trace() -> None:
    problem = Problem("synchronization", DN, "id", "code", stack="Refused: <x>\n   at A.B()")
    error = ET.fromstring(problem.xml())  # noqa: S314 - the stand-in's own
    assert error.findtext("extension-error-info/call-stack") == "Refused: <x>\n   at A.B()"
    assert error.find("rules-error-info/context") is not None
    assert error.find("cd-error") is None
