# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run integration targets against the running lab: one ansible-playbook a target, each a role in targets/.

    python tests/integration/run.py [--junit FILE] [--without TARGET] [--without-lab] [TARGET...]

A target gets the lab's variables (.lab/vars.yml), and its inventory (.lab/inventory.yml) where the lab wrote one; with
--without-lab neither. The modules of all targets run in forks of one Python.
Output goes to <target>.log beside FILE, or in .cache/results/integration. Exits 1 where a target failed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ROOT / "tests" / "integration" / "targets"
LOGS = ROOT / ".cache" / "results" / "integration"
# Far above what any target takes, even on a busy machine: it only ends one that hangs.
TIMEOUT = 3600

sys.path[:0] = [str(ROOT / "tests" / "tools"), str(ROOT / "tests")]

from junit_results import Case, write
from support import built_modules
from support.resident_python import ResidentPython

PLAYBOOK = """\
---
- name: {target}
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{interpreter}"
    target_tmp: {tmp}
  tasks:
    - name: Run the target
      ansible.builtin.include_role:
        name: {target}
"""


def targets(wanted: list[str]) -> list[str]:
    """Return the names of the targets to run; a name that is no target ends the program."""
    known = sorted(path.parents[1].name for path in TARGETS.glob("*/tasks/main.yml"))
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        sys.exit(f"No such target: {', '.join(unknown)}. There are: {', '.join(known)}.")
    return wanted or known


def lab_state() -> Path:
    """Return the folder of the running lab; without a lab, end the program with what to do."""
    state = Path(os.environ.get("LAB_STATE") or ROOT / ".lab")
    if not (state / "vars.yml").is_file():
        sys.exit(f"No lab is running: {state / 'vars.yml'} is not there. Start it with `make lab-up`.")
    return state


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """End ansible-playbook the way that lets it end its workers."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


def stop(number: int, _frame: FrameType | None) -> None:
    """Handle SIGTERM as an exit, so that the playbook that runs is ended too."""
    raise SystemExit(128 + number)


def run(target: str, state: Path | None, logs: Path, built: Path, interpreter: str) -> Case:
    """Run one target, in the lab where there is one, and return how it went; a failure holds the end of its output.

    The targets keep the modules that they build in the folder `built`. `interpreter`: the Python that runs them.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"{target}-") as folder:
        playbook = Path(folder) / "target.yml"
        work = Path(folder) / "work"
        work.mkdir()
        playbook.write_text(PLAYBOOK.format(target=target, tmp=work, interpreter=interpreter), encoding="utf-8")
        inventory = state / "inventory.yml" if state else None
        command = [
            shutil.which("ansible-playbook", path=str(Path(sys.executable).parent)) or "ansible-playbook",
            *("--inventory", str(inventory) if inventory and inventory.is_file() else "localhost,"),
            *(("--extra-vars", f"@{state / 'vars.yml'}") if state else ()),
            str(playbook),
        ]
        environment = {**os.environ, **built_modules.settings(built), "ANSIBLE_ROLES_PATH": str(TARGETS)}
        log = logs / f"{target}.log"
        print(f"\n=== {target}", flush=True)
        with log.open("w+", encoding="utf-8") as output:
            with subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            ) as process:
                try:
                    code = process.wait(TIMEOUT)
                except subprocess.TimeoutExpired:
                    interrupt(process)
                    code = -1
                except BaseException:
                    interrupt(process)
                    raise
            output.seek(0)
            text = output.read()
    seconds = time.monotonic() - started
    print(text if code else "\n".join(text.splitlines()[-2:]), flush=True)
    if code == 0:
        return Case(target, seconds)
    reason = f"stopped after {TIMEOUT} s" if code == -1 else f"exit code {code}"
    return Case(target, seconds, failure=f"{reason}; whole output in {log}\n" + "\n".join(text.splitlines()[-60:]))


def main() -> int:
    signal.signal(signal.SIGTERM, stop)
    parser = argparse.ArgumentParser(description="Run integration targets against the running lab.")
    parser.add_argument("--junit", type=Path)
    parser.add_argument("--without", action="append", default=[], metavar="TARGET", help="leave it out")
    parser.add_argument("--without-lab", action="store_true", help="for targets that need none")
    parser.add_argument("target", nargs="*")
    options = parser.parse_args()
    targets(options.without)
    names = [name for name in targets(options.target) if name not in options.without]
    state = None if options.without_lab else lab_state()
    logs = options.junit.parent if options.junit else LOGS
    logs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="modules-") as built, contextlib.closing(ResidentPython()) as python:
        cases = [run(name, state, logs, Path(built), python.interpreter) for name in names]
    if options.junit:
        write(options.junit, "integration", cases)
    failed = [case.name for case in cases if case.failure is not None]
    print(f"\nintegration: {len(cases) - len(failed)} passed, {len(failed)} failed {' '.join(failed)}".rstrip())
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
