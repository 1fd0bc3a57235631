# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run nox's sessions in lanes side by side, the longest first. Arguments: sessions to run instead of all.

There is one lane more than two processors need, because many sessions wait for a server now and then. The sessions of
the lab, which take longest, come first in line for the processors. Where the machine allows no network of their own
(own_network.py), only one lab fits on it, because of its ports; then one lane runs these sessions first, one after
another. A session's output goes to a log in .cache/results, and is shown whole when the session has ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cores import number

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tests" / "tools"
RESULTS = ROOT / ".cache" / "results"
NOX = (sys.executable, "-m", "nox")
LAB = ("e2e-", "integration-")
LANES = 3
# How much less of a processor the other sessions get than those of the lab, if there are too few: as `nice -n` has it.
NICENESS = 5
# How the names of the longest sessions begin. None is left at the end, while the other lanes have nothing to do.
LONGEST = (*LAB, "ad-domain", "sanity", "unit-", "powershell", "lab", "recovery", "ansible-lint")


def longest_first(names: Sequence[str]) -> list[str]:
    """Return the sessions in the order in which they start: of those of several ansible-cores, the newest first."""
    return sorted(names, key=_place)


def _place(name: str) -> tuple[int, tuple[int, ...]]:
    for place, prefix in enumerate(LONGEST):
        if name.startswith(prefix):
            core = name.removeprefix(prefix)
            return place, tuple(-part for part in number(core)) if core else ()
    return len(LONGEST), ()


class Queue:
    """The sessions that nobody has started yet, for all lanes. With `one_lab`, one lane runs those of the lab."""

    def __init__(self, names: Sequence[str], one_lab: bool) -> None:
        ordered = longest_first(names)
        self._lab = deque(name for name in ordered if one_lab and name.startswith(LAB))
        self._rest = deque(name for name in ordered if name not in self._lab)
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Start no further session."""
        with self._lock:
            self._lab.clear()
            self._rest.clear()

    def take(self, lab: bool) -> str | None:
        """Return the next session for a lane, None when nothing is left for it; `lab`: the lane that has the lab."""
        with self._lock:
            if lab and self._lab:
                return self._lab.popleft()
            return self._rest.popleft() if self._rest else None


def merged(reports: Sequence[Path], cpu: Mapping[str, float]) -> dict[str, list[dict[str, object]]]:
    """Return the sessions of all of nox's reports that are there; a session that broke down has none.

    `cpu`: CPU seconds by session, which are added to them.
    """
    sessions = [each for path in reports if path.exists() for each in json.loads(path.read_text())["sessions"]]
    return {"sessions": [{**each, "cpu": cpu.get(each["name"], 0.0)} for each in sessions]}


def run_lane(queue: Queue, lab: bool, run: Callable[[str], int], codes: list[int]) -> None:
    """Run sessions until none is left for this lane, and add their exit codes to `codes`."""
    while (name := queue.take(lab)) is not None:
        codes.append(run(name))


def _all_sessions() -> list[str]:
    listed = subprocess.run([*NOX, "--list", "--json"], cwd=ROOT, capture_output=True, text=True, check=True)
    sessions = json.loads(listed.stdout)
    # Its parts are sessions of their own.
    return [session["session"] for session in sessions if session["session"] != "check"]


_OUTPUT = threading.Lock()
_CPU: dict[str, float] = {}


def _run(name: str) -> int:
    log = RESULTS / f"{name}.log"
    command = [*NOX, "--report", str(_report(name)), "--sessions", name]
    _say(f"--- {name}: started, its output goes to {log.relative_to(ROOT)}")
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    if not name.startswith(LAB):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    _CPU[name] = used.ru_utime + used.ru_stime
    _say(f"--- {name}: ended after {time.monotonic() - started:.0f} s", log.read_bytes())
    return abs(process.returncode)


def _report(name: str) -> Path:
    return RESULTS / f"nox-{name}.json"


def _say(line: str, output: bytes = b"") -> None:
    with _OUTPUT:
        print(line, flush=True)
        sys.stdout.buffer.write(output)
        sys.stdout.flush()


def main() -> int:
    names = sys.argv[1:] or _all_sessions()
    RESULTS.mkdir(parents=True, exist_ok=True)
    one_lab = subprocess.run([TOOLS / "as_root", sys.executable, TOOLS / "own_network.py"], check=False).returncode != 0
    queue = Queue(names, one_lab)
    codes: list[int] = []
    with_lab = (True, *(LANES - 1) * (False,))
    lanes = [threading.Thread(target=run_lane, args=(queue, lab, _run, codes)) for lab in with_lab]
    for lane in lanes:
        lane.start()
    interrupted = False
    for lane in lanes:
        while lane.is_alive():
            try:
                lane.join()
            except KeyboardInterrupt:
                # It reaches nox by itself, which takes the lab down: that is waited for.
                interrupted = True
                queue.clear()
    report = merged([_report(name) for name in names], _CPU)
    (RESULTS / "nox.json").write_text(json.dumps(report), encoding="utf-8")
    return 1 if interrupted else max(codes, default=1)


if __name__ == "__main__":
    sys.exit(main())
