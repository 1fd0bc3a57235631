# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal as a file on the controller: appended to, flushed to the disk, and shared by runs at the same time."""

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

from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError, InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import (
    ABORTED,
    OPEN,
    UNKNOWN,
    WRITTEN,
    Change,
    Journal,
    JournalError,
    Line,
    decoded,
    encoded,
    outcome_offset,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback import ALL, LAST

MODE = 0o600
_LONGEST_NAME = 100


def journaled(
    params: Mapping[str, Any],
    service: Callable[[JournalFile | None], dict[str, Any]],
    *,
    check_mode: bool,
    rolls_back: Sequence[str] = (),
) -> dict[str, Any]:
    """Do a task with the journal that ``params`` name, if any, and say in its result under which name.

    ``params`` holds the values of ``argspec.journal_options``; ``rolls_back`` names the runs that the task undoes. The
    service gets no journal in check mode. In the result, or in the details of the error, are ``journal_run``, once the
    journal has lines of this run, and ``rolled_back``, where the task is a rollback.
    """
    name = run_name(params["journal_run"])
    said: dict[str, Any] = {"rolled_back": list(rolls_back)} if params["rollback"] else {}
    journal = None if params["journal"] is None or check_mode else JournalFile(params["journal"], name, rolls_back)
    with journal or nullcontext():
        try:
            result = service(journal)
        except IdentityError as error:
            error.details.update({**said, **_used(journal)})
            raise
    return {**result, **said, **_used(journal)}


def _used(journal: JournalFile | None) -> dict[str, str]:
    return {"journal_run": journal.run} if journal is not None and journal.used else {}


def run_name(given: str | None) -> str:
    """The name of a run: the given one, or the time and a few random letters.

    :raises InputError: if the given one cannot be a name.
    """
    if given is None:
        return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    if given in (LAST, ALL) or not given.isprintable() or not given.strip() or len(given) > _LONGEST_NAME:
        raise InputError(
            f"{given!r} cannot be the name of a run; use up to {_LONGEST_NAME} printable characters, and neither "
            f"{LAST} nor {ALL}, which mean something else in rollback."
        )
    return given


def read_journal(path: str) -> Journal:
    """Read a journal without touching it.

    :raises JournalError: if it cannot be read, or is none.
    """
    try:
        with open(path, "rb") as source:
            # With the writers' lock, so that no line is read while it is being written.
            fcntl.lockf(source, fcntl.LOCK_SH)
            return decoded(source.read(), path)
    except OSError as error:
        raise JournalError(f"The journal {path} cannot be read: {error.strerror}.") from error


class JournalFile:
    """A journal that a run writes to: a ``Recorder``, and a context manager around everything that the run does.

    Two locks: a shared one on the file says that a run is alive, and a short exclusive one keeps writes apart. Only the
    open lines of runs that were dead when this one began are settled; a living run fills in its own. The file is made
    by the first change, so a run without changes leaves no trace. Both locks need a file system of this machine, or
    one that passes locks on. ``used`` says whether this run has lines in it.
    """

    def __init__(self, path: str, run: str, rolls_back: Sequence[str] = ()) -> None:
        self.run = run
        self._path = path
        self._rolls_back = tuple(rolls_back)
        self._file: int | None = None
        self._threads = threading.Lock()
        self._of_the_dead: list[Line] = []
        self.used = False

    def __enter__(self) -> JournalFile:
        """Open the journal, or see that it can be made.

        :raises JournalError: if it can be neither, or holds something else.
        """
        if os.path.exists(self._path):
            self._open()
            return self
        folder = os.path.dirname(os.path.abspath(self._path))
        if not os.path.isdir(folder):
            raise JournalError(f"The journal {self._path} cannot be made: there is no folder {folder}; make it first.")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise JournalError(f"The journal {self._path} cannot be made: this user may not write into {folder}.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            with self._trouble():
                os.fsync(self._file)
            os.close(self._file)
            self._file = None

    def begin(self, changes: Sequence[Change]) -> list[int]:
        """As ``Recorder`` says. Tickets are the positions of the outcomes in the file."""
        lines = encoded(self.run, self._rolls_back, changes)
        with self._threads:
            file = self._open() if self._file is None else self._file
            with self._trouble(), self._locked(file):
                position = self._at_a_line_start(file)
                self._append(file, b"".join(lines), position)
                os.fsync(file)
            self.used = True
        tickets = []
        for line in lines:
            tickets.append(position + outcome_offset(line))
            position += len(line)
        return tickets

    def complete(self, outcomes: Mapping[int, str]) -> None:
        """As ``Recorder`` says. On the disk at the latest when the run ends; until then a line may read as pending."""
        with self._threads:
            file = self._open() if self._file is None else self._file
            with self._trouble(), self._locked(file):
                for position, outcome in outcomes.items():
                    os.pwrite(file, outcome.encode("ascii"), position)

    def settle(self, attribute: str, values: Mapping[str, Any]) -> None:
        """As ``Recorder`` says; objects that are not in ``values`` stay open."""
        outcomes = {
            line.position: _found_out(line.change, values[line.change.id])
            for line in self._of_the_dead
            if line.change.attribute == attribute and line.change.id in values
        }
        self._of_the_dead = [line for line in self._of_the_dead if line.position not in outcomes]
        if outcomes:
            self.complete(outcomes)

    def _open(self) -> int:
        with self._trouble():
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
            try:
                self._claim(file)
            except BaseException:
                os.close(file)
                raise
        self._file = file
        return file

    def _claim(self, file: int) -> None:
        """Make the file ours to write: private, known to be a journal, and marked as in use."""
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode):
            raise JournalError(f"{self._path} is no regular file; give journal the path of a file.")
        alone = _alone(file)
        with self._locked(file):
            journal = decoded(_content(file), self._path)
        if alone:
            self._of_the_dead = [line for line in journal.lines if line.outcome in OPEN]
        if stat.S_IMODE(state.st_mode) != MODE:
            os.fchmod(file, MODE)
        _flush_folder(self._path)
        fcntl.flock(file, fcntl.LOCK_SH)

    def _at_a_line_start(self, file: int) -> int:
        """The end of the file, after finishing a line that a killed run tore."""
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
    def _locked(self, file: int) -> Iterator[None]:
        fcntl.lockf(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(file, fcntl.LOCK_UN)

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise JournalError(
                f"The journal {self._path} cannot be written: {error.strerror}. Nothing is changed without it; make "
                "room or name another one."
            ) from error


def _alone(file: int) -> bool:
    """Whether no other run has the journal open. The lock is kept until it is made a shared one."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _content(file: int) -> bytes:
    size = os.fstat(file).st_size
    parts: list[bytes] = []
    while size > 0 and (part := os.pread(file, size, sum(map(len, parts)))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _flush_folder(path: str) -> None:
    """Have the file's name on the disk as well: a flushed file that nobody can find is none."""
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _found_out(change: Change, value: Any) -> str:
    if value == change.after:
        return WRITTEN
    return ABORTED if value == change.before else UNKNOWN
