# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What coverage of plugins/ says, and the floor for the pure logic."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from junit_results import Case

PLUGINS = "plugins/"
HELD = "plugins/module_utils/_identity/"
# Percent of the lines of HELD. Pure logic has no excuse.
FLOOR = 95.0


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
