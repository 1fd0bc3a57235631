# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of checks that run no Ansible, and `make check`, which runs the quick ones side by side.

A new check gets a line here: in QUICK if it takes a few seconds and needs nothing but the environment of `make check`,
else in SLOW. The session lint runs both lists, and mypy has a session of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = "tests/tools"

Checks = Mapping[str, Sequence[str]]

QUICK: Checks = {
    "ruff check": ("ruff", "check", "--quiet", "."),
    "ruff format": ("ruff", "format", "--quiet", "--diff", "."),
    "action groups": ("python", f"{TOOLS}/action_groups.py"),
    "PowerShell": ("python", f"{TOOLS}/powershell_style.py"),
    "plain English": ("python", f"{TOOLS}/words.py"),
}
SLOW: Checks = {
    "yamllint": ("yamllint", "--strict", "."),
    "changelog": ("antsibull-changelog", "lint"),
    "shell": ("shellcheck", ".ci/run", f"{TOOLS}/as_root", f"{TOOLS}/bootstrap"),
    "build": ("ansible-galaxy", "collection", "build", "--force", "--output-path", ".cache/build"),
}
TYPES: Checks = {"mypy": ("python", f"{TOOLS}/typecheck.py")}
# The longest first: two run at a time.
TESTS: Checks = {
    "pure unit tests": ("python", "-m", "pytest", "-q", "--no-header", "--part=pure", "tests/unit"),
}


def run(name: str, command: Sequence[str]) -> bool:
    """Run one check, print one line for it, and its output if it failed; return whether it passed."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    seconds = time.monotonic() - started
    last = done.stdout.strip().splitlines()[-1:] if done.returncode == 0 else [f"FAILED\n{done.stdout}"]
    print(f"{name:<16} {seconds:5.1f} s  {''.join(last)}".rstrip(), flush=True)
    return done.returncode == 0


def main() -> int:
    wanted = {**TESTS, **TYPES, **QUICK}
    # The programs of this interpreter's environment, before any others of the same names.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with ThreadPoolExecutor(max_workers=2) as pool:
        passed = list(pool.map(run, wanted.keys(), wanted.values()))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
