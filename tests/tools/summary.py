# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say in one line what the whole run did, from nox's report and the JUnit files of its sessions.

Exits non-zero where a test failed, a session failed, a session that ran holds no test, or nothing ran at all.
The line is written to .cache/results/summary.txt too.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from junit_results import Counts, count

RESULTS = Path(__file__).resolve().parents[2] / ".cache" / "results"


def _session(name: str, outcome: str) -> tuple[Counts, str]:
    """Return the counts of one session and, where something is wrong with it, a sentence."""
    try:
        counts = count(sorted((RESULTS / name).glob("*.xml")))
    except ET.ParseError as error:
        return Counts(failed=1), f"its results cannot be read: {error}"
    if outcome == "skipped":
        return counts + Counts(skipped=1), ""
    if outcome == "success" and counts.passed + counts.failed == 0:
        return counts + Counts(failed=1), "it ran no test"
    if outcome != "success" and counts.failed == 0:
        return counts + Counts(failed=1), "it failed outside its tests; see its output above"
    return counts, ""


def main() -> int:
    try:
        sessions = json.loads((RESULTS / "nox.json").read_text(encoding="utf-8"))["sessions"]
    except FileNotFoundError:
        sessions = []
    total = Counts()
    for session in sessions:
        name, outcome = session["name"], session["result"]
        counts, wrong = _session(name, outcome)
        total += counts
        seconds = session.get("duration", 0)
        print(f"  {name:<18} {outcome:<8} {counts!s:<40} {seconds:6.0f} s  {wrong}".rstrip())
    if not sessions:
        print("No session ran.")
        total += Counts(failed=1)
    line = str(total)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "summary.txt").write_text(line + "\n", encoding="utf-8")
    print(line)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
