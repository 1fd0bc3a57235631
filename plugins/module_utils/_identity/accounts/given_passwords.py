# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of given passwords: a CSV file with a user principal name and a password in each line.

No message quotes anything from the file, because any field may be a password that was put into the wrong column.
Messages name lines instead.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..core.errors import InputError
from ..core.identities.comparison import entra_key

HEADER = ["user_principal_name", "password"]


@dataclass(frozen=True)
class _Entry:
    line: int
    password: str = field(repr=False)


@dataclass(frozen=True)
class GivenPasswords:
    """Passwords by user principal name, compared as ``entra_key`` does."""

    entries: Mapping[str, _Entry] = field(default_factory=dict, repr=False)

    def of(self, upn: str) -> str | None:
        """Return the password of a user, or None if the file has none."""
        entry = self.entries.get(entra_key(upn))
        return entry.password if entry else None

    def unused_lines(self, upns: Iterable[str]) -> list[int]:
        """Return the numbers of the lines for users who are not among ``upns``."""
        known = {entra_key(upn) for upn in upns}
        return [entry.line for key, entry in self.entries.items() if key not in known]


def parse_given_passwords(content: bytes, path: str) -> GivenPasswords:
    """Read the content of the file at ``path``.

    The content is UTF-8, with or without a byte order mark, and lines may end as on Windows. Empty lines are ignored.

    :raises InputError: if the content is not such a table, or names a user twice.
    """
    where = f"given_passwords_file {path}"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{where} is not encoded in UTF-8; save it as CSV in UTF-8.") from None
    rows = _rows(text, where)
    if next(rows, (0, []))[1] != HEADER:
        raise InputError(f"The first line of {where} must be {','.join(HEADER)}.")
    entries: dict[str, _Entry] = {}
    for line, row in rows:
        upn, password = _checked(row, line, where)
        key = entra_key(upn)
        if key in entries:
            raise InputError(
                f"Lines {entries[key].line} and {line} of {where} are for the same user; remove one of them."
            )
        entries[key] = _Entry(line, password)
    return GivenPasswords(entries)


def _rows(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the number of the line on which it ends."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error:
        raise InputError(
            f"Line {reader.line_num} of {where} is not valid CSV; put a password that contains a comma or a quotation "
            "mark in quotation marks, and double each quotation mark in it."
        ) from None


def _checked(row: list[str], line: int, where: str) -> tuple[str, str]:
    if len(row) != len(HEADER):
        values = "1 value" if len(row) == 1 else f"{len(row)} values"
        raise InputError(
            f"Line {line} of {where} has {values} but must have 2. If a password contains a comma, put the password in "
            "quotation marks."
        )
    upn, password = row
    if not upn:
        raise InputError(f"Line {line} of {where} has no user principal name. Add it, or remove the line.")
    if upn != upn.strip():
        raise InputError(f"The user principal name in line {line} of {where} begins or ends with a space; remove it.")
    if not password:
        raise InputError(f"Line {line} of {where} has no password. Add it, or remove the line.")
    if password != password.strip():
        raise InputError(f"The password in line {line} of {where} begins or ends with a space; remove the space.")
    if any(ord(character) < ord(" ") or character == "\x7f" for character in password):
        raise InputError(
            f"The password in line {line} of {where} contains a line break or another control character; choose "
            "another password."
        )
    return upn, password
