# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store's memory: one append-only file of JSON lines.

An entry is handed to the kernel before the write is acknowledged, so a killed process loses none (a power cut may:
the lab does not pay for fsync). A torn last line is a write that nobody was told of; it is dropped on the next start.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

Entry = tuple[str, str, Any]


class Journal:
    """Lines of `[kind, key, value]`; value null means gone."""

    def __init__(self, directory: Path) -> None:
        """Take the folder for this process alone. Raises ValueError when another one holds it."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / "store.jsonl"
        self._handle = -1
        self._lock = open(directory / "lock", "w", encoding="ascii")  # noqa: SIM115  held until the process ends
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"Another emulator uses the state folder {directory}: stop it, or name another.") from None

    def load(self) -> Iterator[Entry]:
        """Every complete entry, oldest first. Raises ValueError when a line in the middle is damaged."""
        if not self._path.exists():
            return
        lines = self._path.read_bytes().split(b"\n")
        for number, line in enumerate(lines[:-1], 1):
            try:
                kind, key, value = orjson.loads(line)
            except (orjson.JSONDecodeError, TypeError, ValueError) as error:
                raise ValueError(f"Line {number} of {self._path} is damaged: remove the state folder.") from error
            yield kind, key, value

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Replace the file by `entries` (an atomic rename) and go on appending to it."""
        self.close()
        draft = self._path.with_suffix(".new")
        with open(draft, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.writelines(orjson.dumps(entry) + b"\n" for entry in entries)
        os.replace(draft, self._path)
        self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND)

    def append(self, entries: Iterable[Entry]) -> None:
        """Hand `entries` to the kernel in one write."""
        data = b"".join(orjson.dumps(entry) + b"\n" for entry in entries)
        size = os.fstat(self._handle).st_size
        written = os.write(self._handle, data)
        if written != len(data):
            os.ftruncate(self._handle, size)
            raise OSError(f"The journal took {written} of {len(data)} bytes: is the disk full?")

    def close(self) -> None:
        """Close the file; append needs a rewrite first."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
