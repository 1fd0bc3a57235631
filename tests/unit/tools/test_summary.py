# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last line of a run: a run that tested nothing must not look green."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
PASS = '<testcase name="a"/>'
FAIL = '<testcase name="b"><failure>no</failure></testcase>'
ERROR = '<testcase name="c"><error>no</error></testcase>'
SKIP = '<testcase name="d"><skipped message="not here"/></testcase>'


def summarise(root: Path, sessions: dict[str, tuple[str, str | None]], ci: bool = False) -> tuple[int, list[str]]:
    """Summarise sessions {name: (outcome, JUnit cases or None for no file)}; return (exit code, lines)."""
    tools = root / "tests" / "tools"
    tools.mkdir(parents=True)
    for name in ("summary.py", "junit_results.py"):
        shutil.copy(TOOLS / name, tools)
    results = root / ".cache" / "results"
    for name, (_outcome, cases) in sessions.items():
        (results / name).mkdir(parents=True)
        if cases is not None:
            (results / name / "x.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>", "utf-8")
    if sessions:
        report = {"sessions": [{"name": name, "result": outcome} for name, (outcome, _cases) in sessions.items()]}
        (results / "nox.json").write_text(json.dumps(report), "utf-8")
    command = [sys.executable, str(tools / "summary.py")]
    environment = {**os.environ, "CI": "true" if ci else ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    lines = done.stdout.splitlines()
    assert (results / "summary.txt").read_text("utf-8") == lines[-1] + "\n"
    return done.returncode, lines


@pytest.mark.parametrize(
    ("sessions", "code", "line"),
    [
        pytest.param({"unit": ("success", PASS * 3), "lab": ("success", PASS + SKIP)}, 0, (4, 0, 1), id="green"),
        pytest.param({"unit": ("failed", PASS + FAIL + ERROR)}, 1, (1, 2, 0), id="failures and errors"),
        pytest.param({"unit": ("success", PASS), "lab": ("skipped", None)}, 0, (1, 0, 1), id="a session skipped"),
        pytest.param(
            {"unit": ("success", PASS), "lab": ("success", None)}, 1, (1, 1, 0), id="a session without results"
        ),
        pytest.param({"unit": ("success", PASS), "lab": ("success", "")}, 1, (1, 1, 0), id="a session without tests"),
        pytest.param(
            {"unit": ("success", PASS), "lab": ("success", SKIP)}, 1, (1, 1, 1), id="all tests of one skipped"
        ),
        pytest.param({"unit": ("success", PASS), "lab": ("failed", PASS)}, 1, (2, 1, 0), id="failed outside its tests"),
        pytest.param({"unit": ("success", PASS), "lab": ("failed", "<cut")}, 1, (1, 1, 0), id="torn results"),
        pytest.param({"unit": ("skipped", None)}, 1, (0, 0, 1), id="everything skipped"),
        pytest.param({}, 1, (0, 1, 0), id="no report"),
    ],
)
def test_line_and_exit_code(
    tmp_path: Path, sessions: dict[str, tuple[str, str | None]], code: int, line: tuple[int, int, int]
) -> None:
    passed, failed, skipped = line
    found, lines = summarise(tmp_path, sessions)
    assert (found, lines[-1]) == (code, f"{passed} passed, {failed} failed, {skipped} skipped")


def test_each_skip_is_listed_with_its_reason_before_the_last_line(tmp_path: Path) -> None:
    sessions: dict[str, tuple[str, str | None]] = {
        "unit": ("success", PASS),
        "powershell": ("skipped", '<testcase name="powershell"><skipped message="no pwsh: install it"/></testcase>'),
        "e2e": ("success", PASS + SKIP * 2),
        "sanity": ("success", PASS + '<testcase name="modules"><skipped>no pwsh</skipped></testcase>'),
    }
    code, lines = summarise(tmp_path, sessions)
    assert code == 0
    assert lines[-5:] == [
        "Skipped, because this machine lacks something:",
        "  powershell: no pwsh: install it",
        "  e2e, 2 tests: not here",
        "  sanity, modules: no pwsh",
        "3 passed, 0 failed, 4 skipped",
    ]


@pytest.mark.parametrize("lab", [("skipped", None), ("success", PASS + SKIP)], ids=["session", "test"])
def test_ci_skips_nothing(tmp_path: Path, lab: tuple[str, str | None]) -> None:
    code, lines = summarise(tmp_path, {"unit": ("success", PASS), "lab": lab}, ci=True)
    assert code == 1
    assert lines[-1].endswith("0 failed, 1 skipped")


def test_coverage_is_shown(tmp_path: Path) -> None:
    (tmp_path / ".cache" / "results" / "unit-2.21").mkdir(parents=True)
    (tmp_path / ".cache" / "results" / "unit-2.21" / "coverage.txt").write_text("Coverage: 97 %.\n", "utf-8")
    _code, lines = summarise(tmp_path, {"unit": ("success", PASS)})
    assert lines[-2] == "Coverage: 97 %."
