# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run all unit tests with line coverage of plugins/, and hold the pure logic to its floor.

The summary shows what was covered; modules that a test starts as a program of its own are not seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nox
from junit_results import Case, write
from session_support import PYTEST, ROOT

PLUGINS = "plugins/"
HELD = "plugins/module_utils/_identity/"
# Percent of the lines of HELD. Pure logic has no excuse.
FLOOR = 95.0
TEXT = "coverage.txt"


def percent(files: Mapping[str, Any], folder: str) -> float:
    """Return the percentage of lines covered below a folder, from `files` of coverage's JSON report.

    :raises LookupError: where nothing of the folder was measured, which must not pass for full coverage.
    """
    found = [entry["summary"] for path, entry in files.items() if path.startswith(folder)]
    lines = sum(entry["num_statements"] for entry in found)
    if not lines:
        raise LookupError(f"Coverage of {folder} was not measured.")
    return 100.0 * sum(entry["covered_lines"] for entry in found) / lines


def judge(files: Mapping[str, Any]) -> tuple[str, Case]:
    """Return the line for the summary, and the case that fails below the floor."""
    name = f"coverage of {HELD}"
    try:
        everything, held = percent(files, PLUGINS), percent(files, HELD)
    except LookupError as error:
        return str(error), Case(name, failure=str(error))
    text = f"Coverage by unit tests: plugins/ {everything:.1f} %, {HELD} {held:.1f} % (at least {FLOOR:.0f} %)."
    if held < FLOOR:
        worst = sorted((entry["summary"]["percent_covered"], path) for path, entry in files.items() if HELD in path)[:5]
        least = ", ".join(f"{Path(path).name} {covered:.0f} %" for covered, path in worst)
        return text, Case(name, failure=f"{text} Add tests, first for those with the least: {least}.")
    return text, Case(name)


def run(session: nox.Session, folder: Path) -> None:
    """Run tests/unit in the session's environment, and write results and coverage to `folder`."""
    session.install("coverage>=7.6")
    data = folder / "coverage.data"
    # Python 3.12 and newer count lines without a tracer, which is much quicker.
    quick = {"COVERAGE_CORE": "sysmon"} if session.run("python", "-c", _VERSION, silent=True) == "True\n" else {}
    environment = {"COVERAGE_FILE": str(data), **quick}
    options = (f"--source={ROOT / 'plugins'}",)
    tests = (*PYTEST, f"--junitxml={folder}/pytest.xml", "tests/unit")
    session.run("python", "-m", "coverage", "run", *options, *tests, env=environment)
    report = folder / "coverage.json"
    session.run("python", "-m", "coverage", "json", "-q", "-o", str(report), env=environment)
    text, case = judge(json.loads(report.read_text(encoding="utf-8"))["files"])
    (folder / TEXT).write_text(text + "\n", encoding="utf-8")
    write(folder / "coverage.xml", session.name, [case])
    if case.failure:
        session.error(case.failure)


_VERSION = "import sys; print(sys.version_info >= (3, 12))"
