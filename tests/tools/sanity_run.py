# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` over a copy of the tree, and take over its results."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import ansible_test_pip
import interpreters
import nox
import work_copy
from junit_results import Case, write
from sanity_plan import MODULES, OPTIONS, runs, take_over
from session_support import NO_PWSH, site_packages


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
            _run_each(session, [OPTIONS] if session.posargs else runs(copy, pwsh), path)
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
