# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a folder of runs: one ansible-playbook writes at a time, and all its hosts share the lock.

The tasks of an ansible-playbook are processes that end. So a small process holds the lock until ansible-playbook ends,
also if that is killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._module.guarded_files import OWN, open_file
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import utc_now

NAME = "lock"
_OPTION = "hybrid_identity_run_folder"
_LONGEST = 4096
_TRIES, _PAUSE = 100, 0.1
"""How often a lock is tried whose owner has just ended or has not written yet who it is, and the seconds between."""

# The holder inherits the descriptor, and with it the lock.
_HOLDER = """
import os, select, sys, time
owner = int(sys.argv[1])
try:
    select.select([os.pidfd_open(owner)], [], [])
except ProcessLookupError:
    pass
except (AttributeError, OSError):  # no Linux, or one older than 5.3
    while True:
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            break
        except PermissionError:
            pass
        time.sleep(1)
"""


@dataclass(frozen=True)
class Owner:
    """The ansible-playbook that has a lock: its process on which machine, and since when (UTC).

    ``started``: as ``_started`` returns it. Two containers of one machine have the same process ids, and the same name
    if they are started so.
    """

    process: int
    machine: str
    since: str
    started: str

    def is_same(self, other: Owner) -> bool:
        return (self.process, self.machine, self.started) == (other.process, other.machine, other.started)

    @property
    def is_over(self) -> bool:
        """Whether it has ended. It is unknown for a process of another machine."""
        if self.machine != platform.node():
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return _started(self.process) != self.started


def take_lock(folder: str, process: int, pause: Callable[[float], None] = time.sleep) -> str:
    """Take the lock of a folder for the ansible-playbook with this process id, which may have it already.

    Return the sentence that says who has it instead; empty if nobody else has.

    :raises InputError: if the path is relative, because Ansible's tasks would look for it in another folder than this
        process; if there is no such folder, or if the lock cannot be made in it.
    """
    whole = os.path.expanduser(folder)
    if not os.path.isabs(whole):
        raise InputError(f"{_OPTION} is {folder}; it must be an absolute path.")
    path = os.path.join(whole, NAME)
    try:
        file = open_file(_OPTION, path, OWN, os.O_RDWR | os.O_CREAT)
    except FileNotFoundError:
        raise InputError(f"{_OPTION}: there is no folder {folder}. Create it first.") from None
    except OSError as error:
        raise InputError(f"{_OPTION} {path} cannot be written: {error.strerror}. Use another folder.") from None
    try:
        return _take(file, folder, Owner(process, platform.node(), utc_now(), _started(process)), pause)
    finally:
        os.close(file)


def _take(file: int, folder: str, owner: Owner, pause: Callable[[float], None]) -> str:
    for _try in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = _read(file)
            if other is None or other.is_over:
                pause(_PAUSE)
                continue
            if other.is_same(owner):
                return ""
            return (
                f"Another ansible-playbook (process {other.process} on {other.machine}, since {other.since}) writes to "
                f"{_OPTION} {folder}. Wait until it ends, then run ansible-playbook again."
            )
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(asdict(owner)).encode(), 0)
        _hold(file, owner.process)
        return ""
    return (
        f"Another process has the lock of {_OPTION} {folder}, but the lock does not identify it. Find it with fuser "
        f"{os.path.join(folder, NAME)}."
    )


def _hold(file: int, process: int) -> None:
    subprocess.Popen(  # noqa: S603  # our own Python and text, and a number
        [sys.executable, "-I", "-c", _HOLDER, str(process)],
        pass_fds=[file],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # a signal to the terminal's processes is not meant for it
    )


def _started(process: int) -> str:
    """Return when a process started, in ticks since the machine did; empty if the system does not tell."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            # The name, in parentheses, may hold blanks. Field 22 of proc(5), after the name the 20th.
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _read(file: int) -> Owner | None:
    try:
        found = json.loads(os.pread(file, _LONGEST, 0))
        return Owner(int(found["process"]), str(found["machine"]), str(found["since"]), str(found["started"]))
    except (ValueError, KeyError, TypeError):
        return None
