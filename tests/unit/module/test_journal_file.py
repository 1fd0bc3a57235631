# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal as a file: what is on the disk when, who may read it, and what several runs do to it."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import JournalEntry, JournalError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.origin import Origin
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile, read_journal, run_name

PROPERTY = "onPremisesImmutableId"
CONTOSO = ("tenant", "9d1c7f0a-53c4-4b8e-8f0e-2f6a1d7c4e11")

REQUEST = "7e1b3c52-5f0a-4d0e-8a6e-1c2d3e4f5a6b"
ORIGIN: Origin = {
    "controller": "runner-7",
    "job": "https://ci.example.com/1",
    "app": None,
    "version": "1.0.0",
    "note": "CHG-2041",
}


def change(name: str, before: str | None = None, after: str | None = "x") -> JournalEntry:
    return JournalEntry(name, f"{name}@contoso.com", PROPERTY, before, after, CONTOSO)


def outcomes(path: Path) -> dict[str, str]:
    return {(values := json.loads(line))["id"]: values["outcome"] for line in path.read_text().splitlines()}


def test_a_line_is_pending_until_it_is_completed_in_place(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with JournalFile(str(path), "run") as journal:
        tickets = journal.begin([change("a"), change("b"), change("c")])
        size = path.stat().st_size
        assert outcomes(path) == {"a": "pending", "b": "pending", "c": "pending"}
        journal.complete({tickets[0]: "written", tickets[2]: "refused"})
    assert outcomes(path) == {"a": "written", "b": "pending", "c": "refused"}
    assert path.stat().st_size == size


def test_the_id_of_a_request_is_completed_in_place(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with JournalFile(str(path), "run") as journal:
        tickets = journal.begin([change("a"), change("b"), change("c")])
        size = path.stat().st_size
        journal.complete({tickets[0]: "written", tickets[1]: "refused"}, {tickets[0]: REQUEST, tickets[1]: "no GUID"})
    assert path.stat().st_size == size
    read = read_journal(str(path))
    assert [(line.outcome, line.request_id) for line in read.lines] == [
        ("written", REQUEST),
        ("refused", None),
        ("pending", None),
    ]


def test_the_origin_is_written_once_before_the_first_change(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    for run in ("one", "two"):
        with JournalFile(str(path), run, origin=ORIGIN) as journal:
            journal.complete(dict.fromkeys(journal.begin([change("a")]), "written"))
            journal.complete(dict.fromkeys(journal.begin([change("b"), change("c")]), "refused"))
    with JournalFile(str(path), "three", origin=ORIGIN):
        pass
    kinds = ["origin" if "controller" in json.loads(line) else "change" for line in path.read_text().splitlines()]
    assert kinds == ["origin", "change", "change", "change"] * 2
    read = read_journal(str(path))
    assert read.origins == [("one", ORIGIN), ("two", ORIGIN)]
    assert [(line.run, line.outcome) for line in read.lines] == [
        (run, outcome) for run in ("one", "two") for outcome in ("written", "refused", "refused")
    ]


def test_it_is_on_the_disk_before_begin_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    flush, write = os.fsync, os.pwrite

    def seen_flush(file: int) -> None:
        events.append("flush")
        flush(file)

    def seen_write(file: int, content: bytes, position: int) -> int:
        events.append("write")
        return write(file, content, position)

    monkeypatch.setattr(os, "fsync", seen_flush)
    monkeypatch.setattr(os, "pwrite", seen_write)
    with JournalFile(str(tmp_path / "journal"), "run") as journal:
        journal.begin([change("a")])
        assert events[-2:] == ["write", "flush"]


def test_only_the_owner_may_read_it_whatever_the_umask_and_its_mode_before(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    before = os.umask(0)
    try:
        with JournalFile(str(path), "run") as journal:
            journal.begin([change("a")])
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with JournalFile(str(path), "run"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_run_without_changes_leaves_no_file(tmp_path: Path) -> None:
    with JournalFile(str(tmp_path / "journal"), "run"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "sentence"), [("none/journal", "there is no folder"), ("", "cannot be"), (".", "cannot be")]
)
def test_a_path_that_cannot_be_one_is_found_before_anything_is_done(tmp_path: Path, path: str, sentence: str) -> None:
    with pytest.raises(JournalError, match=sentence), JournalFile(str(tmp_path / path), "run"):
        pass


def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("buy milk\n")
    path.chmod(0o640)
    with (
        pytest.raises(JournalError, match=r"Line 1 of .*notes\.txt is not a line of a journal"),
        JournalFile(str(path), "r"),
    ):
        pass
    assert path.read_text() == "buy milk\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_full_disk_stops_the_change_and_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal"
    write = os.pwrite

    def full(file: int, content: bytes, position: int) -> int:
        if len(content) <= 10:
            raise OSError(28, "No space left on device")
        return write(file, content[:10], position)

    with JournalFile(str(path), "run") as journal:
        journal.begin([change("a")])
        whole = path.read_bytes()
        monkeypatch.setattr(os, "pwrite", lambda file, content, at: full(file, content[:20], at))
        with pytest.raises(JournalError, match=r"No space left on device\. Without it, nothing is changed"):
            journal.begin([change("b")])
        monkeypatch.undo()
    assert path.read_bytes() == whole


def test_a_torn_line_is_ended_and_the_next_run_writes_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with JournalFile(str(path), "one") as journal:
        journal.begin([change("a"), change("b")])
    path.write_bytes(path.read_bytes()[:-30])
    with JournalFile(str(path), "two") as journal:
        journal.begin([change("b")])
    read = read_journal(str(path))
    assert [(line.run, line.entry.id) for line in read.lines] == [("one", "a"), ("two", "b")]
    assert read.torn == 1


def test_open_lines_of_dead_runs_are_settled_by_what_the_objects_hold(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with JournalFile(str(path), "one") as journal:
        tickets = journal.begin([change("a"), change("b"), change("c"), change("d"), change("e")])
        journal.complete({tickets[3]: "refused", tickets[4]: "unknown"})
    with JournalFile(str(path), "two") as journal:
        journal.settle(CONTOSO, PROPERTY, {"a": "x", "b": None, "d": "x", "e": "somebody's"})
        journal.settle(("tenant", "00000000-53c4-4b8e-8f0e-2f6a1d7c4e11"), PROPERTY, {"c": "x"})
    assert outcomes(path) == {"a": "written", "b": "aborted", "c": "pending", "d": "refused", "e": "unknown"}


LIVING = """
import sys
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import JournalEntry
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile
with JournalFile(sys.argv[1], "one") as journal:
    journal.begin([JournalEntry("a", None, "onPremisesImmutableId", None, "x", ("tenant", sys.argv[2]))])
    print("begun", flush=True)
    sys.stdin.read()
"""


def test_open_lines_of_a_living_run_are_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    living = start(LIVING, path, CONTOSO[1])
    assert living.stdout is not None
    assert living.stdout.readline() == "begun\n"
    with JournalFile(str(path), "two") as two:
        two.settle(CONTOSO, PROPERTY, {"a": None})
        assert outcomes(path) == {"a": "pending"}
    living.communicate()
    with JournalFile(str(path), "three") as three:
        three.settle(CONTOSO, PROPERTY, {"a": None})
    assert outcomes(path) == {"a": "aborted"}


@pytest.mark.parametrize("how", ["renamed", "deleted", "replaced"])
def test_a_journal_that_loses_its_name_stops_the_run(tmp_path: Path, how: str) -> None:
    path, old = tmp_path / "journal", tmp_path / "old"
    with JournalFile(str(path), "run") as journal:
        (ticket,) = journal.begin([change("a")])
        path.rename(old)
        if how == "replaced":
            path.write_bytes(old.read_bytes())
        elif how == "deleted":
            old.unlink()
        with pytest.raises(
            JournalError,
            match=r"was renamed, replaced or deleted while this run used it, so the run makes no more changes",
        ):
            journal.begin([change("b")])
        with pytest.raises(JournalError, match=r"was renamed, replaced or deleted"):
            journal.complete({ticket: "written"})
        if how == "renamed":
            old.rename(path)
            journal.complete({ticket: "written"})
            assert outcomes(path) == {"a": "written"}


def test_a_journal_that_was_cut_short_stops_the_run(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with JournalFile(str(path), "one") as journal:
        journal.begin([change("a")])
    with JournalFile(str(path), "two") as journal:
        os.truncate(path, 20)
        with pytest.raises(
            JournalError, match=r"was shortened while this run used it, so the run makes no more changes"
        ):
            journal.begin([change("b")])
        os.truncate(path, 0)
        with pytest.raises(JournalError, match="was shortened"):
            journal.complete({15: "written"})
    assert path.read_bytes() == b""


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_journal_that_others_may_write_is_neither_read_nor_written(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "journal"
    with JournalFile(str(path), "one") as journal:
        journal.begin([change("a")])
    path.chmod(mode)
    with pytest.raises(JournalError, match=rf"^journal {path} can be changed by others \(mode {mode:04o}\)"):
        read_journal(str(path))
    with pytest.raises(JournalError, match="can be changed by others"), JournalFile(str(path), "two"):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_journal_that_is_a_link_is_neither_read_nor_written(tmp_path: Path) -> None:
    path, link = tmp_path / "journal", tmp_path / "link"
    path.touch(0o600)
    link.symlink_to(path)
    with pytest.raises(JournalError, match="is a symbolic link"):
        read_journal(str(link))
    with pytest.raises(JournalError, match="is a symbolic link"), JournalFile(str(link), "run"):
        pass


WRITER = """
import sys
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import JournalEntry
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile
path, run, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with JournalFile(path, run) as journal:
    for number in range(count):
        names = [f"{run}-{number}-{part}" for part in range(3)]
        value = "y" * (number % 50)
        tickets = journal.begin([JournalEntry(name, None, "x", None, value, ("tenant", None)) for name in names])
        journal.complete({ticket: "written" for ticket in tickets})
        print(number, flush=True)
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def writer(path: Path, run: str, count: int) -> subprocess.Popen[str]:
    return start(WRITER, path, run, count)


def test_runs_at_once_do_not_touch_each_other(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    running = [writer(path, f"run{number}", 60) for number in range(4)]
    assert [process.wait(timeout=600) for process in running] == [0, 0, 0, 0]
    read = read_journal(str(path))
    assert read.torn == 0
    assert {line.outcome for line in read.lines} == {"written"}
    wanted = {f"run{run}-{number}-{part}" for run in range(4) for number in range(60) for part in range(3)}
    assert len(read.lines) == len(wanted)
    assert {line.entry.id for line in read.lines} == wanted


def test_a_killed_run_costs_at_most_its_last_outcomes(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    process = writer(path, "killed", 100_000)
    assert process.stdout is not None
    done = -1
    for text in process.stdout:
        done = int(text)
        if done >= 25:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    rest = [int(text) for text in process.stdout.read().split()]
    done = max([done, *rest])
    with JournalFile(str(path), "next") as journal:
        journal.begin([change("a")])
    read = read_journal(str(path))
    written = {line.entry.id for line in read.lines if line.outcome == "written"}
    assert written >= {f"killed-{number}-{part}" for number in range(done + 1) for part in range(3)}
    assert sum(line.outcome == "pending" for line in read.lines) <= 4


def test_names_of_runs(tmp_path: Path) -> None:
    assert run_name("job 7") == "job 7"
    assert run_name(None) != run_name(None)
    for wrong in ("last", "", " ", "a\nb", "x" * 101):
        with pytest.raises(InputError, match="cannot be the name of a run"):
            run_name(wrong)


def test_a_journal_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be read: No such file"):
        read_journal(str(tmp_path / "none"))
