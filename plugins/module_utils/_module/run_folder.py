# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder that keeps the files of the runs: each run has a folder with its name in it."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .._identity.core.errors import InputError
from .._identity.core.journal import Journal
from .._identity.core.rollback import LAST
from .._identity.core.run_files.run_file import PROOF
from .._identity.sync_proof.earlier_runs import EarlierRun
from .guarded_files import check_place
from .journal import read_journal
from .run_files import current_time, read_run_file
from .run_host import run_host

JOURNAL = "journal.jsonl"
_PROOF_FILE = "proof.jsonl"

_OPTION = "run_folder"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,149}")
_DATED = re.compile(r"[0-9]{8}T[0-9]{6}Z-[A-Za-z0-9-]+")
_LONGEST_HOST = 40
_SHOWN = 5


@dataclass(frozen=True)
class Run:
    """A run that wrote a journal."""

    name: str
    path: str
    journal: Journal


def find_run(folder: str, name: str) -> Run:
    """Return the run of this name, or with LAST the newest run that is not itself a rollback.

    :raises InputError: if there is no such run.
    :raises JournalError: if its journal cannot be read, or may have been changed by others.
    """
    if name != LAST:
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} is not the name of a run. Use the name of a folder of a run in {folder}, or {LAST}."
            )
        if not os.path.lexists(_journal(folder, name)):
            raise InputError(f"{folder} has no run {name!r} with a {JOURNAL}; {_shown(_list_runs(folder))}")
        return _read(folder, name)
    for each in reversed(_list_runs(folder)):
        run = _read(folder, each)
        if run.journal.lines and not any(line.rolls_back for line in run.journal.lines):
            return run
    raise InputError(f"{folder} has no run that changed anything, except for rollbacks. Check run_folder.")


def read_earlier_runs(folder: str, before: str) -> Iterator[EarlierRun]:
    """Return the runs that wrote a journal and are older than the run ``before``, the oldest first, one at a time.

    :raises InputError: if the folder or a proof cannot be read, or if others may have changed a proof.
    :raises JournalError: if a journal cannot be read, or may have been changed by others.
    """
    ours = re.compile(rf"[0-9]{{8}}T[0-9]{{6}}Z-{re.escape(_readable(run_host()))}-[0-9a-f]{{6}}")
    for name in _list_runs(folder):
        if name >= before:
            return
        is_ours = bool(ours.fullmatch(name))
        path = os.path.join(folder, name, _PROOF_FILE)
        proof = partial(_records, path) if is_ours and os.path.lexists(path) else tuple
        yield EarlierRun(name, is_ours, _read(folder, name).journal.lines, proof)


def _records(path: str) -> Iterable[Mapping[str, Any]]:
    return read_run_file("proof", path, (PROOF,)).records()


def new_run(folder: str, host: str) -> tuple[str, str]:
    """Return the name of a new run, and the path of its folder, which is not made yet. ``host``: the inventory host.

    :raises InputError: if the folder of the run cannot be made.
    """
    name = f"{current_time():%Y%m%dT%H%M%SZ}-{_readable(host)}-{secrets.token_hex(3)}"
    path = os.path.join(folder, name)
    check_place(_OPTION, path)
    return name, path


def read_space(folder: str) -> int | None:
    """Return the free bytes of the folder's file system that this user may take; None if they cannot be read."""
    try:
        state = os.statvfs(folder)
    except (OSError, ValueError):
        return None
    return state.f_bavail * state.f_frsize


def _readable(host: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", host)[:_LONGEST_HOST]


def _list_runs(folder: str) -> list[str]:
    """Return the names of the runs that wrote a journal, in the order of their times."""
    try:
        names = os.listdir(folder)
    except OSError as error:
        raise InputError(f"{_OPTION} {folder} cannot be read: {error.strerror}; check the path.") from None
    return sorted(name for name in names if _DATED.fullmatch(name) and os.path.lexists(_journal(folder, name)))


def _read(folder: str, name: str) -> Run:
    path = _journal(folder, name)
    return Run(name, path, read_journal(path))


def _journal(folder: str, name: str) -> str:
    return os.path.join(folder, name, JOURNAL)


def _shown(names: list[str]) -> str:
    if not names:
        return "it has none."
    return f"the newest are {', '.join(names[-_SHOWN:])}."
