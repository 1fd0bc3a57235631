# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the lab up, run commands in it one after another, and take it down in every ending.

    python tests/tools/with_lab.py COMMAND [ARGUMENT...] [-- COMMAND [ARGUMENT...]]...

The lab and the commands have a network of their own where the machine allows that, so that another lab may be up beside
this one. Every command runs, also after one has failed; the exit code is non-zero if any failed. The lab's log folder
is left where it is when something failed, and its last lines are shown by `lab up` itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

import own_network

ROOT = Path(__file__).resolve().parents[2]
# Seconds in which a command must end what it started.
GRACE = 30


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _commands(arguments: list[str]) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for argument in arguments:
        if argument == "--":
            commands.append([])
        else:
            commands[-1].append(argument)
    return [command for command in commands if command]


def _lab(verb: str) -> int:
    paths = [str(ROOT / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run([sys.executable, "-m", "lab", verb], cwd=ROOT, env=environment, check=False).returncode


def _run(command: list[str]) -> int:
    """Run one command; when this program is told to stop, tell the command and give it time to stop what it started."""
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def main() -> int:
    commands = _commands(sys.argv[1:])
    if not commands:
        sys.exit(__doc__)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _stop)
    own_network.enter()
    failed = 1
    try:
        if _lab("up") == 0:
            codes = [_run(command) for command in commands]
            failed = int(any(codes))
    finally:
        # A second signal must not leave half a lab behind.
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        failed = _lab("down") or failed
    return failed


if __name__ == "__main__":
    sys.exit(main())
