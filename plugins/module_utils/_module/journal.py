# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal as a file on the controller, which several runs may write at the same time."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from .._identity.core.errors import IdentityError, InputError
from .._identity.core.journal import (
    ABORTED,
    OPEN,
    UNKNOWN,
    WRITTEN,
    Journal,
    JournalEntry,
    JournalError,
    Line,
    decode,
    encode,
    encode_origin,
    fill_in,
    outcome_offset,
)
from .._identity.core.rollback import LAST
from .._identity.core.run_files.origin import Origin
from .guarded_files import MODE, OWN, check_place, flush_folder, is_still_at, open_file
from .run_files import journal_origin_of

_LONGEST_NAME = 100
_OPTION = "journal"

# Bytes of the file that runs lock, whether the file has that many or not. One kind of lock for both, because a network
# file system may make all kinds one, and then a run would wait for itself.
_WRITING, _PRESENCE = 0, 1


def journaled(
    params: Mapping[str, Any],
    service: Callable[[JournalFile | None], dict[str, Any]],
    *,
    check_mode: bool,
) -> dict[str, Any]:
    """Call a service with the journal that ``params`` names, if any, and return its result.

    ``params`` holds the values of ``argspec.journal_options``, and those that ``journal_origin_of`` reads. In check
    mode the service gets no journal. The result, or the details of an IdentityError, also hold ``journal_run`` if the
    journal has lines of this run.

    :raises InputError: if ``journal_run`` cannot be the name of a run.
    :raises JournalError: if the journal cannot be opened or created.
    """
    name = run_name(params["journal_run"])
    path = None if check_mode else params["journal"]
    journal = None if path is None else JournalFile(path, name, origin=journal_origin_of(params))
    with journal or nullcontext():
        try:
            result = service(journal)
        except IdentityError as error:
            error.details.update(_used(journal))
            raise
    return {**result, **_used(journal)}


def _used(journal: JournalFile | None) -> dict[str, str]:
    return {"journal_run": journal.run} if journal is not None and journal.used else {}


def run_name(given: str | None) -> str:
    """Return the name of a run: the given one, or one made of the time and random hexadecimal digits.

    :raises InputError: if the given name is not allowed.
    """
    if given is None:
        return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    if given == LAST or not given.isprintable() or not given.strip() or len(given) > _LONGEST_NAME:
        raise InputError(
            f"{given!r} cannot be the name of a run. Use up to {_LONGEST_NAME} printable characters, but not the word "
            f"{LAST}, which has a special meaning in a rollback."
        )
    return given


def read_journal(path: str) -> Journal:
    """Read a journal without changing it.

    :raises JournalError: if the file cannot be read, is not a journal, or may have been changed by others.
    """
    try:
        with open(open_file(_OPTION, path, OWN), "rb") as source:
            # With a lock against writers, so that no line is read while it is being written.
            _lock(source.fileno(), _WRITING, fcntl.LOCK_SH)
            return decode(_content(source.fileno()), path)
    except InputError as error:
        raise JournalError(error.message) from None
    except OSError as error:
        raise JournalError(f"The journal {path} cannot be read: {error.strerror}.") from error


class JournalFile:
    """A ``JournalWriter`` for a file, and the context manager in which the run does its work.

    Each run holds a shared lock on one byte while it has the journal open, and an exclusive one on another byte during
    each write. These locks belong to the process, so a process must not open the same journal twice. Open lines are
    settled only if no other run had the journal open when this one opened it, because a running one completes its own.
    The first change creates the file, and ``origin`` is written before it. ``used``: whether this run has written
    lines. ``is_alone``: whether no other run had the journal open.
    """

    def __init__(self, path: str, run: str, rolls_back: Sequence[str] = (), origin: Origin | None = None) -> None:
        self.run = run
        self._origin = origin
        self._path = path
        self._rolls_back = tuple(rolls_back)
        self._file: int | None = None
        self._threads = threading.Lock()
        self._of_the_dead: list[Line] = []
        self._size = 0
        self.used = False
        self.is_alone = True

    def __enter__(self) -> JournalFile:
        """Open the journal, or check that it can be created.

        :raises JournalError: if neither is possible, if the file is not a journal, or if others may have changed it.
        """
        with self._trouble():
            check_place(_OPTION, self._path)
            if os.path.lexists(self._path):
                self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            with self._trouble():
                os.fsync(self._file)
            os.close(self._file)
            self._file = None

    def begin(self, entries: Sequence[JournalEntry]) -> list[int]:
        """As in ``JournalWriter``. Tickets are the positions of the outcomes in the file."""
        lines = encode(self.run, self._rolls_back, entries)
        with self._threads:
            before = encode_origin(self.run, self._origin) if self._origin and not self.used else b""
            with self._trouble(), self._locked() as file:
                position = self._at_a_line_start(file)
                self._append(file, before + b"".join(lines), position)
                os.fsync(file)
                self._size = os.fstat(file).st_size
            self.used = True
        position += len(before)
        tickets = []
        for line in lines:
            tickets.append(position + outcome_offset(line))
            position += len(line)
        return tickets

    def complete(self, outcomes: Mapping[int, str], request_ids: Mapping[int, str] | None = None) -> None:
        """As in ``JournalWriter``. Outcomes are flushed when the run ends; after a power cut, lines may be pending."""
        with self._threads, self._trouble(), self._locked() as file:
            for position, outcome in outcomes.items():
                distance, content = fill_in(outcome, (request_ids or {}).get(position))
                os.pwrite(file, content, position - distance)

    def settle(self, place: tuple[str, str], attribute: str, values: Mapping[str, Any]) -> None:
        """As in ``JournalWriter``. Lines of objects that are not in ``values`` stay open."""
        outcomes = {
            line.position: _found_out(line.entry, values[line.entry.id])
            for line in self._of_the_dead
            if (line.entry.place, line.entry.attribute) == (place, attribute) and line.entry.id in values
        }
        self._of_the_dead = [line for line in self._of_the_dead if line.position not in outcomes]
        if outcomes:
            self.complete(outcomes)

    def _open(self) -> int:
        file = open_file(_OPTION, self._path, OWN, os.O_RDWR | os.O_CREAT)
        try:
            self._claim(file)
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return file

    def _claim(self, file: int) -> None:
        """Check that the file is a journal, make it private, and take the shared lock."""
        self.is_alone = _alone(file)
        with _exclusive(file):
            content = _content(file)
        journal = decode(content, self._path)
        if self.is_alone:
            self._of_the_dead = [line for line in journal.lines if line.outcome in OPEN]
        if stat.S_IMODE(os.fstat(file).st_mode) != MODE:
            os.fchmod(file, MODE)
        flush_folder(self._path)
        self._size = len(content)
        _lock(file, _PRESENCE, fcntl.LOCK_SH)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Yield the descriptor, under the lock for writes, and with the file as this run left it."""
        file = self._open() if self._file is None else self._file
        with _exclusive(file):
            self._check_untouched(file)
            yield file

    def _check_untouched(self, file: int) -> None:
        """Check that the journal is still the file of this name, and that it has all its lines."""
        if not is_still_at(self._path, file):
            raise JournalError(
                f"The journal {self._path} was renamed, replaced or deleted while this run used it, so the run makes "
                "no more changes. Restore the journal, find out who changed it, and run the task again."
            )
        if os.fstat(file).st_size < self._size:
            raise JournalError(
                f"The journal {self._path} was shortened while this run used it, so the run makes no more changes. "
                "Restore the journal from a copy, find out who changed it, and run the task again."
            )

    def _at_a_line_start(self, file: int) -> int:
        """Return the end of the file. If a killed run left an incomplete line there, end it first."""
        end = os.lseek(file, 0, os.SEEK_END)
        if end and os.pread(file, 1, end - 1) != b"\n":
            os.pwrite(file, b"\n", end)
            return end + 1
        return end

    def _append(self, file: int, content: bytes, position: int) -> None:
        written = 0
        try:
            while written < len(content):
                written += os.pwrite(file, content[written:], position + written)
        except OSError:
            os.ftruncate(file, position)
            raise

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            raise JournalError(error.message) from None
        except OSError as error:
            raise JournalError(
                f"The journal {self._path} cannot be written: {error.strerror}. Without it, nothing is changed. Free "
                "some space, or use another journal."
            ) from error


def _alone(file: int) -> bool:
    """Return whether no other run has the journal open. If so, hold an exclusive lock, which becomes shared later."""
    try:
        _lock(file, _PRESENCE, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX allows both for a lock that another process holds
        return False
    return True


@contextmanager
def _exclusive(file: int) -> Iterator[None]:
    _lock(file, _WRITING, fcntl.LOCK_EX)
    try:
        yield
    finally:
        _lock(file, _WRITING, fcntl.LOCK_UN)


def _lock(file: int, byte: int, how: int) -> None:
    fcntl.lockf(file, how, 1, byte)


def _content(file: int) -> bytes:
    size = os.fstat(file).st_size
    parts: list[bytes] = []
    while size > 0 and (part := os.pread(file, size, sum(map(len, parts)))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _found_out(entry: JournalEntry, value: Any) -> str:
    if value == entry.after:
        return WRITTEN
    return ABORTED if value == entry.before else UNKNOWN
