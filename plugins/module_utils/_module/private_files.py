# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check and read files that hold secrets."""

from __future__ import annotations

import errno
import os
import stat

from .._identity.core.errors import InputError


def check_private(option: str, path: str, state: os.stat_result) -> None:
    """Check that a file is a regular one, that this user owns it, and that no other user has access.

    ``option`` names the option with the path; ``state`` is the file's stat result.

    :raises InputError: if one of these is not true.
    """
    if not stat.S_ISREG(state.st_mode):
        raise InputError(f"{option} {path} is no regular file; give the path of a file.")
    if state.st_uid != os.geteuid():
        raise InputError(
            f"{option} {path} belongs to another user (uid {state.st_uid}); run chown on it so that it belongs to the "
            f"user who runs the task (uid {os.geteuid()}), or name another file."
        )
    if stat.S_IMODE(state.st_mode) & 0o077:
        raise InputError(
            f"{option} {path} may be read by others (mode {stat.S_IMODE(state.st_mode):04o}); run chmod 600 on it, or "
            "name another file."
        )


def read_private(option: str, path: str) -> bytes:
    """Return the content of a file that only this user may read.

    :raises InputError: if the file does not exist, cannot be read, or is not private.
    """
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            check_private(option, path, os.fstat(file))
            with open(file, "rb", closefd=False) as source:
                return source.read()
        finally:
            os.close(file)
    except OSError as error:
        if error.errno == errno.ELOOP:  # a symbolic link, for O_NOFOLLOW
            raise InputError(f"{option} {path} is no regular file; give the path of a file.") from None
        raise InputError(f"{option} {path} cannot be read: {error.strerror}; check the path.") from None
