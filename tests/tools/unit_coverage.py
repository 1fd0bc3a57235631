# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run all unit tests with line coverage of plugins/, and fail where the pure logic is below its floor.

The summary shows what was covered. Modules that a test starts as a program of its own are not seen.
"""

from __future__ import annotations

import json
from pathlib import Path

import nox
from coverage_floor import judge
from junit_results import write
from session_support import PYTEST, ROOT

NO_TRACER_NEEDED = "import sys; print('yes' if sys.version_info >= (3, 12) else '', end='')"


def run(session: nox.Session, folder: Path) -> None:
    """Run tests/unit in the session's environment, and write results and coverage to `folder`."""
    session.install("coverage>=7.6")
    data = folder / "coverage.data"
    # Python 3.12 and newer count lines without a tracer, which is much quicker.
    quick = {"COVERAGE_CORE": "sysmon"} if session.run("python", "-c", NO_TRACER_NEEDED, silent=True) else {}
    environment = {"COVERAGE_FILE": str(data), **quick}
    tests = (*PYTEST, f"--junitxml={folder}/pytest.xml", "tests/unit")
    session.run("python", "-m", "coverage", "run", f"--source={ROOT / 'plugins'}", *tests, env=environment)
    report = folder / "coverage.json"
    session.run("python", "-m", "coverage", "json", "-q", "-o", str(report), env=environment)
    text, case = judge(json.loads(report.read_text(encoding="utf-8"))["files"])
    (folder / "coverage.txt").write_text(text + "\n", encoding="utf-8")
    write(folder / "coverage.xml", session.name, [case])
    if case.failure:
        session.error(case.failure)
