# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a module's files on the controller: check all of them first, then put each in place in one step."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._identity.core.errors import IdentityError, InputError
from .guarded_files import OWN, check_place, open_file

_LINES = b'{"'
"""How plans, results, journals and files of passwords begin, and no report does."""


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

    :raises InputError: if the text is not such a mode, for example 384, which YAML makes of an unquoted 0600, or if the
        mode lets others write.
    """
    if not re.fullmatch(r"0[0-7]{3}", text):
        raise InputError(
            f"mode {text!r} is not a file mode. Write it in quotes and with a leading zero, such as '0640'."
        )
    mode = int(text, 8)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InputError(f"mode {text!r} would allow others to change the files. Use a mode such as '0644'.")
    return mode


def write_files(files: Sequence[File], mode: int) -> list[dict[str, Any]]:
    """Write the files whose content or mode differs, and return ``kind, path, size, changed`` of each.

    A file gets its new content in one step, and at no time can more users read it than ``mode`` allows. No file is put
    in place before all are on the disk.

    :raises InputError: if a path cannot be written, belongs to two files, or leads to a file or a folder that others
        may have made or may change; nothing was written.
    :raises FileError: if the operating system refuses.
    """
    for file in files:
        check_place(file.kind, file.path)
    targets = [_target(file.path) for file in files]
    for file, target in zip(files, targets, strict=True):
        if targets.count(target) > 1:
            raise InputError(
                f"{file.path} is the path of more than one file of the report. Use a different path for each file."
            )
    changed = [_differs(file, mode) for file in files]
    _write([(target, file) for file, target, wanted in zip(files, targets, changed, strict=True) if wanted], mode)
    return [
        {"kind": file.kind, "path": file.path, "size": len(file.content), "changed": wanted}
        for file, wanted in zip(files, changed, strict=True)
    ]


def _target(path: str) -> str:
    """Return the path without links to folders. A link in its last place is refused when the file is opened."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def _differs(file: File, mode: int) -> bool:
    try:
        with open(open_file(file.kind, file.path, OWN), "rb") as source:
            content = source.read() or b""
            same = stat.S_IMODE(os.fstat(source.fileno()).st_mode) == mode and content == file.content
    except FileNotFoundError:
        return True
    except OSError as error:
        raise FileError(f"{file.path} cannot be read: {error.strerror}. Nothing was written.") from error
    if content.startswith(_LINES):
        raise InputError(
            f"{file.kind} {file.path} is a journal or another file of a run, so the report does not replace it. Use "
            "another file."
        )
    return not same


def _write(wanted: Sequence[tuple[str, File]], mode: int) -> None:
    staged: list[tuple[str, str]] = []
    name = ""
    try:
        for target, file in wanted:
            name = file.path
            # In the same folder, so that one rename puts the file in place.
            temporary = os.path.join(os.path.dirname(target), f".report-{secrets.token_hex(8)}")
            handle = open_file(file.kind, temporary, OWN, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
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
        raise FileError(
            f"{name} cannot be written: {error.strerror}. Free some space, or use another folder."
        ) from error
    finally:
        for temporary, _place in staged:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
