# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` over a copy of the tree, and take over its results."""

from __future__ import annotations

import os
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import ansible_test_pip
import interpreters
import nox
import work_copy
from junit_results import Case, write
from session_support import NO_PWSH, site_packages

# pslint downloads PSScriptAnalyzer from a gallery that not every machine reaches: it is for those who have it.
OPTIONS = ("sanity", "--venv", "--requirements", "--junit", "--color", "no", "--skip-test", "pslint")
MODULES = "validate-modules"
# ansible-test says so where a test has nothing to look at, and for each Python that it knows and the machine lacks.
NOTHING_TO_TEST = re.compile(r"No tests applicable|on Python [\d.]+ because it could not be found")


def powershell_modules(root: Path) -> list[str]:
    """Return the files of the PowerShell modules, their documentation too: validate-modules starts pwsh for both."""
    modules = root / "plugins" / "modules"
    scripts = sorted(modules.glob("*.ps1"))
    found = [path for script in scripts for path in (script, script.with_suffix(".yml")) if path.exists()]
    return [str(path.relative_to(root)) for path in found]


def runs(root: Path, pwsh: bool) -> list[list[str]]:
    """Return the arguments of each run of ansible-test: without a pwsh, validate-modules leaves out what needs it."""
    if pwsh:
        return [[*OPTIONS]]
    excluded = [part for path in powershell_modules(root) for part in ("--exclude", path)]
    return [[*OPTIONS, "--skip-test", MODULES], [*OPTIONS, "--test", MODULES, *excluded]]


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


def run(session: nox.Session, folder: Path) -> None:
    """Run ansible-test in the session's environment; the results go to `folder`."""
    ansible_test_pip.write(ansible_test_pip.wanted_version(site_packages(session) / "ansible_test"))
    pwsh = shutil.which("pwsh") is not None
    if not pwsh:
        left_out = f"{MODULES} of the PowerShell modules"
        write(folder / "left-out.xml", session.name, [Case(left_out, skipped=NO_PWSH)])
    copy = work_copy.copy(session.name)
    # ansible-test runs every pythonX.Y on PATH and hands little of the environment on: no shims, then.
    path = os.pathsep.join([session.bin, *interpreters.search_path()])
    with session.chdir(copy):
        try:
            _run_each(session, runs(copy, pwsh or "--test" in session.posargs), path)
        finally:
            take_over(copy / "tests" / "output" / "junit", folder)


def _run_each(session: nox.Session, commands: Sequence[Sequence[str]], path: str) -> None:
    """Run all commands; fail if one failed."""
    failed = False
    for arguments in commands:
        try:
            session.run("ansible-test", *arguments, *session.posargs, env={"PATH": path})
        except nox.command.CommandFailed:
            failed = True
    if failed:
        session.error("ansible-test sanity found something; see the output")
