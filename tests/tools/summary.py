# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what the whole run did, from nox's report and the JUnit files of its sessions.

The last lines are the coverage, each skip with its reason, and the line that counts the tests, which is written to
.cache/results/summary.txt too. Exits non-zero if a test failed, a session failed, a session that ran holds no test, or
nothing ran at all; and with CI=true in the environment also if anything was skipped.
"""

from __future__ import annotations

import json
import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from junit_results import Counts, count, skips

RESULTS = Path(__file__).resolve().parents[2] / ".cache" / "results"


def _session(name: str, outcome: str) -> tuple[Counts, str]:
    """Return the counts of one session and, where something is wrong with it, a sentence."""
    try:
        counts = count(_files(name))
    except ET.ParseError as error:
        return Counts(failed=1), f"its results cannot be read: {error}"
    if outcome == "skipped":
        return counts if counts.skipped else counts + Counts(skipped=1), ""
    if outcome == "success" and counts.passed + counts.failed == 0:
        return counts + Counts(failed=1), "it ran no test"
    if outcome != "success" and counts.failed == 0:
        return counts + Counts(failed=1), "it failed outside its tests; see its output above"
    return counts, ""


def _files(name: str) -> list[Path]:
    return sorted((RESULTS / name).glob("*.xml"))


def _skip_lines(name: str) -> list[str]:
    """Return a line for each reason for which a session, or tests of it, were skipped."""
    try:
        found = skips(_files(name))
    except ET.ParseError:
        return []
    lines = []
    for reason, tests in found.items():
        if tests == [name]:
            what = name
        else:
            what = f"{name}, {tests[0]}" if len(tests) == 1 else f"{name}, {len(tests)} tests"
        lines.append(f"  {what}: {reason}")
    return lines


def main() -> int:
    try:
        sessions = json.loads((RESULTS / "nox.json").read_text(encoding="utf-8"))["sessions"]
    except FileNotFoundError:
        sessions = []
    total = Counts()
    skipped = []
    for session in sessions:
        name, outcome = session["name"], session["result"]
        counts, wrong = _session(name, outcome)
        total += counts
        skipped += _skip_lines(name)
        times = f"{session.get('duration', 0):6.0f} s {session.get('cpu', 0):6.0f} s of CPU"
        print(f"  {name:<18} {outcome:<8} {counts!s:<40} {times}  {wrong}".rstrip())
    if not sessions:
        print("No session ran.")
        total += Counts(failed=1)
    for path in sorted(RESULTS.glob("*/coverage.txt")):
        print(path.read_text(encoding="utf-8").strip())
    in_ci = os.environ.get("CI", "").lower() in ("1", "true")
    if skipped:
        print("Skipped, and CI may skip nothing:" if in_ci else "Skipped, because this machine lacks something:")
        print("\n".join(skipped))
    line = str(total)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "summary.txt").write_text(line + "\n", encoding="utf-8")
    print(line)
    return 1 if total.failed or not total.passed or (in_ci and total.skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
