# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End whatever a lab has started, also what nobody keeps a pid of: a playbook that was interrupted, or a cycle."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from support.polling import wait_until

from .errors import LabError

# In the environment of each process of a lab: the path of its state folder.
MARK = "HYBRID_IDENTITY_LAB"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Ended in the middle, these leave a system that somebody has to repair.
PACKAGE_MANAGERS = {"apt-get", "dpkg"}
# Asked so often to end, and about so many seconds, before it is killed.
REQUESTS = 1000


def mark(state: Path) -> None:
    """Mark all processes that this one starts from now on as those of the lab in `state`."""
    os.environ[MARK] = str(state)


def marked(state: Path, proc: Path = Path("/proc")) -> dict[int, str]:
    """The processes of the lab in `state` without this one: pid and name."""
    entry = f"{MARK}={state}".encode()
    found = {}
    for pid in (int(name) for name in os.listdir(proc) if name.isdigit()):
        try:
            if pid != os.getpid() and entry in (proc / str(pid) / "environ").read_bytes().split(b"\0"):
                found[pid] = (proc / str(pid) / "comm").read_text("utf-8", "replace").strip()
        except OSError:  # it has ended, or belongs to somebody else
            continue
    return found


def end(state: Path) -> None:
    """End all processes of the lab in `state` and wait for them. Raises LabError if one does not end."""
    try:
        wait_until(lambda: PACKAGE_MANAGERS.isdisjoint(marked(state).values()), "the packages of Samba were installed")
        requests = 0

        def all_ended() -> bool:
            nonlocal requests
            requests += 1
            alive = marked(state)
            for pid in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM if requests < REQUESTS else signal.SIGKILL)
            return not alive

        wait_until(all_ended, "the processes of the lab ended")
    except TimeoutError as error:
        left = ", ".join(f"{name} (pid {pid})" for pid, name in marked(state).items())
        raise LabError(f"{error} These processes of the lab in {state} still run: {left}. End them by hand.") from None


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C and requests to end, so that a second one does not leave half a lab behind."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
