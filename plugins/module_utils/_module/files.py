# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a module's files on the controller: check all of them first, then put each in place in one step."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._identity.core.errors import IdentityError, InputError


@dataclass(frozen=True)
class File:
    """A file to write. ``kind`` names the option that requested it."""

    kind: str
    path: str
    content: bytes


class FileError(IdentityError):
    """The operating system refused to read or write a file."""


def file_mode(text: str) -> int:
    """Return the permission bits of a mode in octal, such as ``0640``.

    :raises InputError: if the text is not such a mode, for example 384, which YAML makes of an unquoted 0600.
    """
    if not re.fullmatch(r"0[0-7]{3}", text):
        raise InputError(
            f"mode {text!r} is no file mode; write it in quotes and with its leading zero, such as '0640'."
        )
    return int(text, 8)


def write_files(files: Sequence[File], mode: int, check_mode: bool = False) -> list[dict[str, Any]]:
    """Write the files whose content or mode differs, and return ``kind, path, size, changed`` of each.

    A file gets its new content in one step, and at no time can more users read it than ``mode`` allows. No file is put
    in place before all are on the disk. In check mode, nothing is written.

    :raises InputError: if a path cannot be written, or belongs to two files; nothing was written.
    :raises FileError: if the operating system refuses.
    """
    targets = [os.path.realpath(file.path) for file in files]
    for file, target in zip(files, targets, strict=True):
        _check(file, target)
        if targets.count(target) > 1:
            raise InputError(f"{file.path} is the path of more than one file of the report; give each its own.")
    changed = [_differs(target, file, mode) for file, target in zip(files, targets, strict=True)]
    if not check_mode:
        _write([(target, file) for file, target, wanted in zip(files, targets, changed, strict=True) if wanted], mode)
    return [
        {"kind": file.kind, "path": file.path, "size": len(file.content), "changed": wanted}
        for file, wanted in zip(files, changed, strict=True)
    ]


def _check(file: File, target: str) -> None:
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise InputError(f"{file.path} ({file.kind}) cannot be written: there is no folder {folder}; make it first.")
    if os.path.isdir(target):
        raise InputError(f"{file.path} ({file.kind}) is a folder; give the path of a file in it.")
    if os.path.exists(target) and not os.path.isfile(target):
        raise InputError(f"{file.path} ({file.kind}) is no regular file; give another path.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{file.path} ({file.kind}) cannot be written: this user may not write into {folder}.")


def _differs(target: str, file: File, mode: int) -> bool:
    try:
        state = os.stat(target)
        if stat.S_IMODE(state.st_mode) != mode or state.st_size != len(file.content):
            return True
        with open(target, "rb") as source:
            return source.read() != file.content
    except FileNotFoundError:
        return True
    except OSError as error:
        raise FileError(f"{file.path} cannot be read: {error.strerror}. Nothing was written.") from error


def _write(wanted: Sequence[tuple[str, File]], mode: int) -> None:
    staged: list[tuple[str, str]] = []
    name = ""
    try:
        for target, file in wanted:
            name = file.path
            # In the same folder, so that one rename puts the file in place.
            handle, temporary = tempfile.mkstemp(prefix=".report-", dir=os.path.dirname(target))
            staged.append((temporary, target))
            with open(handle, "wb") as sink:
                sink.write(file.content)
                sink.flush()
                os.fsync(sink.fileno())
                os.fchmod(sink.fileno(), mode)
        while staged:
            name = staged[0][1]
            os.replace(*staged[0])
            staged.pop(0)
    except OSError as error:
        raise FileError(f"{name} cannot be written: {error.strerror}. Make room or choose another folder.") from error
    finally:
        for temporary, _target in staged:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
