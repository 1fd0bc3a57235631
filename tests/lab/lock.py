# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command at a time for a state folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from .errors import LabError


@contextlib.contextmanager
def held(state: Path) -> Iterator[None]:
    """Hold the state folder, and make it if it is not there.

    The kernel lets it go when the process ends, also if it was killed. An empty folder is removed again. Raises
    LabError if another command holds it, or if it cannot be made.
    """
    folder = _lock(state)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # it holds a lab, or the lab is down and it is gone
            state.rmdir()
        os.close(folder)


def _lock(state: Path) -> int:
    while True:
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise LabError(f"The lab's folder {state} cannot be used: {error.strerror}.") from None
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held it may have removed the folder meanwhile: then this one is no longer what the path names.
            if os.path.samestat(os.fstat(folder), os.stat(state)):
                return folder
        except BlockingIOError:
            os.close(folder)
            raise LabError(
                f"Another command of the lab is at work in {state}: wait until it has ended, or press Ctrl-C there."
            ) from None
        except FileNotFoundError:
            pass
        os.close(folder)
