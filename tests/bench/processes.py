# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program and see what it takes: time, peak memory of its processes, CPU of the servers that it asks."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
INTERVAL = 0.03
"""Seconds between two looks; what a process grows by in its last ones is not seen."""

_MODULE = re.compile(rb"AnsiballZ_(\w+)\.py")


class ProgramFailed(Exception):
    """A program that is measured must succeed; the text holds the end of what it said."""


@dataclass
class Run:
    """``cpu``: seconds of the program and all that it started; ``server_cpu``: those of the servers, by name.

    ``memory``: peak resident bytes by module name, that of everything else under ``""`` (its largest process).
    """

    seconds: float = 0.0
    cpu: float = 0.0
    memory: dict[str, int] = field(default_factory=dict)
    server_cpu: dict[str, float] = field(default_factory=dict)
    output: str = ""


def measured(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, servers: Mapping[str, int], timeout: float
) -> Run:
    """Run a program in ``folder``. ``servers``: pids by name. Raises ProgramFailed."""
    before = {name: _cpu(pid) for name, pid in servers.items()}
    own = _children_cpu()
    log = folder / "output.log"
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env={**os.environ, **_byte_code(folder), **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    run = Run()
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, run.memory, done), daemon=True)
    watcher.start()
    try:
        code = process.wait(timeout)
    except BaseException:
        process.terminate()
        process.wait(30)
        raise
    finally:
        run.seconds = time.monotonic() - started
        done.set()
        watcher.join()
    run.cpu = _children_cpu() - own
    run.server_cpu = {name: _cpu(pid) - before[name] for name, pid in servers.items()}
    run.output = log.read_text("utf-8", "replace")
    if code:
        raise ProgramFailed(f"{Path(command[0]).name} ended with {code}:\n{run.output[-3000:]}")
    return run


def _byte_code(folder: Path) -> dict[str, str]:
    """Settings with which Python keeps byte code, as it does for everybody, in a place of its own: root runs this, and
    what it left in the virtual environment its user could not remove."""
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "byte-code")}


def _watch(root: int, memory: dict[str, int], done: threading.Event) -> None:
    while not done.wait(INTERVAL):
        for pid in _tree(root):
            try:
                named = _MODULE.search(Path(f"/proc/{pid}/cmdline").read_bytes())
                peak = _peak(pid)
            except (OSError, ValueError):
                continue  # it has ended meanwhile
            name = named[1].decode() if named else ""
            memory[name] = max(memory.get(name, 0), peak)


def _tree(root: int) -> Iterator[int]:
    yield root
    try:
        for task in os.listdir(f"/proc/{root}/task"):
            for child in Path(f"/proc/{root}/task/{task}/children").read_text("ascii").split():
                yield from _tree(int(child))
    except OSError:
        return


def _peak(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu(root: int) -> float:
    """CPU seconds of a process and its children so far, those that have ended included."""
    total = 0
    for pid in _tree(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICK
