# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs of `ansible-test sanity` this machine can make, and which of their results count."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

# pslint downloads PSScriptAnalyzer from a gallery that not every machine reaches: it is for those who have it.
OPTIONS = ("sanity", "--venv", "--requirements", "--junit", "--color", "no", "--skip-test", "pslint")
MODULES = "validate-modules"
PYLINT = "pylint"
# ansible-test says so where a test has nothing to look at, and for each Python that it knows and the machine lacks.
NOTHING_TO_TEST = re.compile(r"No tests applicable|on Python [\d.]+ because it could not be found")


def powershell_modules(root: Path) -> list[str]:
    """Return the files of the PowerShell modules, their documentation too: validate-modules starts pwsh for both."""
    modules = root / "plugins" / "modules"
    scripts = sorted(modules.glob("*.ps1"))
    found = [path for script in scripts for path in (script, script.with_suffix(".yml")) if path.exists()]
    return [str(path.relative_to(root)) for path in found]


def runs(root: Path, pwsh: bool) -> list[list[str]]:
    """Return the arguments of each run of ansible-test.

    pylint takes longer for the tests than for all that is shipped, and finds there what Ruff and mypy find too. Without
    a pwsh, validate-modules leaves out what needs it.
    """
    pylint = [*OPTIONS, "--test", PYLINT, "--exclude", "tests/"]
    if pwsh:
        return [[*OPTIONS, "--skip-test", PYLINT], pylint]
    excluded = [part for path in powershell_modules(root) for part in ("--exclude", path)]
    return [[*OPTIONS, "--skip-test", PYLINT, "--skip-test", MODULES], pylint, [*OPTIONS, "--test", MODULES, *excluded]]


def take_over(source: Path, target: Path) -> None:
    """Copy ansible-test's JUnit files, without the tests that had nothing to test."""
    for file in sorted(source.glob("*.xml")):
        tree = ET.parse(file)  # noqa: S314 - ansible-test wrote it
        for suite in tree.iter("testsuite"):
            for case in suite.findall("testcase"):
                skipped = case.find("skipped")
                if skipped is not None and NOTHING_TO_TEST.search(f"{skipped.get('message')} {skipped.text}"):
                    suite.remove(case)
        tree.write(target / file.name, encoding="utf-8", xml_declaration=True)
