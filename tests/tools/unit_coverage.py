# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run all unit tests with line coverage of plugins/, and fail where the pure logic is below its floor.

The summary shows what was covered. Modules that a test starts as a program of its own are not seen. Before Python 3.12,
nothing is counted: the tests take 402 seconds of CPU on 3.11, and with coverage 652.
"""

from __future__ import annotations

import json
from pathlib import Path

import nox
from coverage_floor import judge
from junit_results import write
from session_support import PYTEST, ROOT

NO_TRACER_NEEDED = "import sys; print('yes' if sys.version_info >= (3, 12) else '', end='')"
NOT_COUNTED = "Coverage by unit tests: not counted, because that is quick only on Python 3.12 or newer."


def run(session: nox.Session, folder: Path) -> None:
    """Run tests/unit in the session's environment, and write results and coverage to `folder`."""
    tests = (*PYTEST, f"--junitxml={folder}/pytest.xml", "tests/unit")
    if not session.run("python", "-c", NO_TRACER_NEEDED, silent=True):
        (folder / "coverage.txt").write_text(NOT_COUNTED + "\n", encoding="utf-8")
        session.run("python", *tests)
        return
    session.install("coverage>=7.6")
    data = folder / "coverage.data"
    environment = {"COVERAGE_FILE": str(data), "COVERAGE_CORE": "sysmon"}
    session.run("python", "-m", "coverage", "run", f"--source={ROOT / 'plugins'}", *tests, env=environment)
    report = folder / "coverage.json"
    session.run("python", "-m", "coverage", "json", "-q", "-o", str(report), env=environment)
    text, case = judge(json.loads(report.read_text(encoding="utf-8"))["files"])
    (folder / "coverage.txt").write_text(text + "\n", encoding="utf-8")
    write(folder / "coverage.xml", session.name, [case])
    if case.failure:
        session.error(case.failure)
