# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords of new accounts: read given ones from a file, make random ones, and save those to a file."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import string
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType

from .._identity.accounts.given_passwords import GivenPasswords, parse_given_passwords
from .._identity.core.errors import IdentityError, InputError
from .guarded_files import SECRET_INPUT, SECRET_OWN, check_place, flush_folder, is_still_at, open_file, read_file

_OPTION = "password_file"
_START = b'{"user_principal_name"'

LENGTH = 28
"""Characters of a random password (about 170 bits), unless the domain demands more."""

# Leave out characters that look like others, and characters that are special in a shell or a CSV file.
_KINDS = (
    "".join(sorted(set(string.ascii_uppercase) - set("IO"))),
    "".join(sorted(set(string.ascii_lowercase) - set("l"))),
    "".join(sorted(set(string.digits) - set("01"))),
    "-_.+=@%",
)
_SEPARATORS = re.compile(r"[\s,.\-_#]+")


class PasswordFileError(IdentityError):
    """The file of passwords cannot be written, so the accounts must not be created."""


def random_password(shortest: int = 0, names: Iterable[str] = ()) -> str:
    """Return a password that meets a domain's rules (Microsoft, "Password must meet complexity requirements").

    It has at least ``shortest`` characters, of all four kinds, and contains no part of ``names`` that has three or more
    characters. Parts are separated by blanks, commas, periods, dashes, underscores or number signs.
    """
    length = max(LENGTH, shortest)
    every = "".join(_KINDS)
    parts = [part for name in names for part in _SEPARATORS.split(name.lower()) if len(part) >= 3]
    while True:
        password = "".join(secrets.choice(every) for _place in range(length))
        holds_part = any(part in password.lower() for part in parts)
        if not holds_part and all(set(kind) & set(password) for kind in _KINDS):
            return password


def read_given_passwords(path: str) -> GivenPasswords:
    """Read the CSV file with the given passwords of new accounts.

    :raises InputError: if the file cannot be read, if others may read it, or if it is not such a table.
    """
    return parse_given_passwords(read_file("given_passwords_file", path, SECRET_INPUT), path)


def find_work_tree(path: str) -> str | None:
    """Return the innermost Git work tree that a path is in, its links followed; None if it is in none.

    A work tree has a ``.git``: a folder, or a file in linked work trees and submodules.
    """
    folder = os.path.dirname(os.path.realpath(path))
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


class PasswordFile:
    """A file of passwords: JSON Lines with ``user_principal_name`` and ``password``, mode 0600, in no Git work tree.

    Lines are only appended, and all are on the disk before the first account is created. A killed run may leave lines
    without an account, and the next run appends new lines. So the last line of a user counts.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: int | None = None
        self._threads = threading.Lock()

    def check(self) -> None:
        """Check that the file can be written, without making it.

        :raises InputError: if the path cannot be used, if it is in a Git work tree, if others may read the file, or if
            it has something else.
        """
        check_place(_OPTION, self._path)
        tree = find_work_tree(self._path)
        if tree:
            raise InputError(
                f"{_OPTION} {self._path} is in the Git work tree {tree}, so the passwords could get into a commit. Use "
                "a file outside of it."
            )
        if os.path.lexists(self._path):
            with self._trouble():
                os.close(self._opened(os.O_RDWR))

    def __enter__(self) -> PasswordFile:
        """Check that the file can be written, as ``check`` does. The first password creates it."""
        self.check()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def keep(self, passwords: Mapping[str, str]) -> None:
        """Write passwords, by UPN, to the disk.

        :raises PasswordFileError: if that fails; the accounts must not be created then.
        """
        lines = [
            json.dumps({"user_principal_name": upn, "password": password}) + "\n" for upn, password in passwords.items()
        ]
        with self._trouble(), self._threads:
            self._append("".join(lines).encode("ascii"))

    def _append(self, content: bytes) -> None:
        file = self._open() if self._file is None else self._file
        if not is_still_at(self._path, file):
            raise PasswordFileError(f"{self._path} was renamed or deleted while it was in use. Restore it.")
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            end = os.lseek(file, 0, os.SEEK_END)
            if end and os.pread(file, 1, end - 1) != b"\n":
                content = b"\n" + content  # ends an incomplete line of a killed run
            while content:
                content = content[os.write(file, content) :]
            os.fsync(file)
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def _open(self) -> int:
        self._file = self._opened(os.O_RDWR | os.O_CREAT | os.O_APPEND)
        flush_folder(self._path)
        return self._file

    def _opened(self, flags: int) -> int:
        file = open_file(_OPTION, self._path, SECRET_OWN, flags)
        beginning = os.pread(file, len(_START), 0)
        if not _START.startswith(beginning):  # a killed run may have left a part of the first line
            os.close(file)
            raise InputError(
                f"{_OPTION} {self._path} is not a file of passwords, so it is not changed. Use another file."
            )
        return file

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PasswordFileError(
                f"The passwords cannot be written to {self._path}: {error.strerror}. Free some space, or use "
                "another file."
            ) from None
