# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open the files that a module reads or writes. Only this file opens them, and refuses those that others may change."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass

from .._identity.core.errors import InputError

MODE = 0o600
"""The mode of new files."""

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Rule:
    """What is required of a file.

    ``own``: it is a file that runs of ours made, so nobody else may have made it or be able to replace it.
    ``private``: nobody else may read it. ``again``: somebody opens it once more by its name, so nobody else may be able
    to exchange it. ``most``: bytes that it may have.
    """

    own: bool
    private: bool = False
    again: bool = False
    most: int = 64 * _MIB


INPUT = Rule(own=False)
"""Files that a person or the system made: CA files, tokens."""
LARGE_INPUT = Rule(own=False, most=2048 * _MIB)
"""Reviewed plans."""
INPUT_BY_NAME = Rule(own=False, again=True)
"""Input that a library reads once more."""
SECRET_INPUT = Rule(own=False, private=True)
OWN = Rule(own=True, most=2048 * _MIB)
"""Files of earlier runs, and new ones: journals, reports, users. A plan of 100,000 users has less than 1 GiB."""
SECRET_OWN = Rule(own=True, private=True)


def open_file(option: str, path: str, rule: Rule, flags: int = os.O_RDONLY) -> int:
    """Open a regular file and return its descriptor. Errors say that ``option`` names the file.

    A new file (``os.O_CREAT``) gets MODE.

    :raises InputError: if the file breaks the rule. Nothing was changed.
    :raises OSError: if the operating system refuses.
    """
    _check_path(option, path)
    # Without O_NONBLOCK, opening a named pipe would wait for a writer.
    flags |= os.O_CLOEXEC | os.O_NONBLOCK
    file = _open_own(option, path, flags) if rule.own else os.open(path, flags)
    try:
        fault = _fault(os.fstat(file), rule) or (_exchanged(path) if rule.again else None)
        if fault:
            raise InputError(f"{option} {path} {fault}")
    except BaseException:
        os.close(file)
        raise
    return file


def read_file(option: str, path: str, rule: Rule = INPUT) -> bytes:
    """Return the content of a file.

    :raises InputError: if it does not exist, cannot be read, or breaks the rule.
    """
    try:
        with open(open_file(option, path, rule), "rb") as source:
            # With a larger number, Python asks the system for that much memory first.
            content = source.read(min(os.fstat(source.fileno()).st_size, rule.most + 1)) or b""
    except OSError as error:
        raise InputError(f"{option} {path} cannot be read: {error.strerror}; check the path.") from None
    if len(content) > rule.most:
        raise InputError(f"{option} {path} has more than {rule.most} bytes; check the path.")
    return content


def check_place(option: str, path: str) -> None:
    """Check that a file of our own can be made at ``path``, or already exists.

    :raises InputError: if its folder does not exist, or if others or only others may write to it.
    """
    _check_path(option, path)
    folder, name = os.path.split(os.path.abspath(path))
    try:
        parent = _open_folder(option, path, folder)
        try:
            with suppress(FileNotFoundError):
                os.stat(name, dir_fd=parent, follow_symlinks=False)  # fails for a name that is too long, for example
        finally:
            os.close(parent)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{option} {path} cannot be created: there is no folder {folder}. Create it first.") from None
    except OSError as error:
        raise InputError(f"{option} {path} cannot be created in {folder}: {error.strerror}.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{option} {path} cannot be created: this user may not write to {folder}. Use another folder.")


def flush_folder(path: str) -> None:
    """Flush the folder of a file, so that the file's name is on the disk too."""
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def is_still_at(path: str, file: int) -> bool:
    """Return whether ``path`` is still the name of an open file."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(file))
    except FileNotFoundError:
        return False


def _check_path(option: str, path: str) -> None:
    """Check that a text can be a path. Otherwise the system's functions raise ValueError.

    :raises InputError: if it cannot.
    """
    try:
        possible = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise InputError(f"{option} {path!r} contains a character that is not allowed in a path; correct it.")


def _open_own(option: str, path: str, flags: int) -> int:
    folder, name = os.path.split(os.path.abspath(path))
    parent = _open_folder(option, path, folder)
    try:
        # Relative to the folder that was checked, so that it cannot be exchanged in between.
        return os.open(name, flags | os.O_NOFOLLOW, MODE, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise InputError(
                f"{option} {path} is a symbolic link, which can lead to any file. Use the path of the file itself."
            ) from None
        raise
    finally:
        os.close(parent)


def _open_folder(option: str, path: str, folder: str) -> int:
    parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        state = os.fstat(parent)
        mine = state.st_uid == os.geteuid()
        if not mine and state.st_uid != 0:
            raise InputError(
                f"{option} {path} is in the folder of another user (uid {state.st_uid}), who can replace the file. Use "
                "a file in a folder of the user who runs the task."
            )
        if state.st_mode & _OTHERS_WRITE and not (mine and state.st_mode & stat.S_ISVTX):
            raise InputError(
                f"{option} {path} is in a folder that others can write to (mode {stat.S_IMODE(state.st_mode):04o}): "
                f"{f'run chmod go-w on {folder}, or ' if mine else ''}name a file in another folder."
            )
    except BaseException:
        os.close(parent)
        raise
    return parent


def _exchanged(path: str) -> str | None:
    """Return who may exchange a file or a link to it, and what to do, as the end of a sentence; None if nobody may."""
    for place in (os.path.abspath(path), os.path.realpath(path)):
        folder = os.path.dirname(place)
        # Kubernetes mounts its files into folders of mode 0777 that nobody can write to.
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            continue
        state = os.stat(folder)
        if state.st_uid not in (0, os.geteuid()):
            return (
                f"is in the folder of another user (uid {state.st_uid}), who can replace it. Use a file in a folder of "
                "the user who runs the task."
            )
        if state.st_mode & _OTHERS_WRITE and not state.st_mode & stat.S_ISVTX:
            mode = stat.S_IMODE(state.st_mode)
            return (
                f"is in a folder that others can write to (mode {mode:04o}), so they can replace it. Use a file in "
                "another folder."
            )
    return None


def _fault(state: os.stat_result, rule: Rule) -> str | None:
    """Return how a file breaks a rule and what to do, as the end of a sentence; None if it does not."""
    mode = stat.S_IMODE(state.st_mode)
    if not stat.S_ISREG(state.st_mode):
        return "is not a regular file; use the path of a file."
    if state.st_uid != os.geteuid() and (rule.own or state.st_uid != 0):
        return (
            f"belongs to another user (uid {state.st_uid}), who can change it at any time. Use a file of the user who "
            f"runs the task (uid {os.geteuid()})."
        )
    if rule.own and state.st_nlink != 1:
        return (
            f"has {state.st_nlink} names (hard links), so it might also be another file. Use a file with only one name."
        )
    if state.st_size > rule.most:
        return f"has {state.st_size} bytes, which is more than {rule.most}; check the path."
    if rule.private and mode & _OTHERS:
        return f"can be read by others (mode {mode:04o}). Run chmod 600 on it, or use another file."
    if mode & (_OTHERS_WRITE if rule.own else stat.S_IWOTH):
        return (
            f"can be changed by others (mode {mode:04o}), so its content cannot be trusted. Check it and run chmod "
            "go-w on it, or use another file."
        )
    return None
