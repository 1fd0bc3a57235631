# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of runs on the disk: private, whole or not there, and not read if anybody else may have changed them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.memory import traced

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import (
    PLAN,
    RESULT,
    Header,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module import run_files
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import (
    RunFile,
    RunFileError,
    check_run_file,
    read_run_file,
    write_run_file,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_host import VARIABLE

RECORDS = [{"name": "anna"}, {"name": "bob"}]
HEADER: Header = {
    "version": 1,
    "kind": PLAN,
    "tenant": "t",
    "domain": "d",
    "module": "match_plan",
    "run": "r",
    "host": "localhost",
    "origin": {"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
    "scope": {},
    "terms": {},
    "time": run_files.utc_now(),
    "facts": {},
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a file goes whose folder is not there yet."""
    monkeypatch.delenv(VARIABLE, raising=False)
    tmp_path.chmod(0o755)
    return tmp_path / "run" / "plan.jsonl"


def write(path: Path, **header: Any) -> str:
    return write_run_file("plan_file", str(path), {**HEADER, **header}, RECORDS)  # type: ignore[typeddict-item]


def read(path: Path, sha256: str | None = None, kinds: tuple[str, ...] = (PLAN,)) -> RunFile:
    return read_run_file("plan_file", str(path), kinds, sha256)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_file_and_its_folder_are_private_whatever_the_umask(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        digest = write(path)
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [each.name for each in path.parent.iterdir()] == ["plan.jsonl"]
    found = read(path, digest)
    assert (found.sha256, found.header["kind"]) == (digest, PLAN)
    # As often as somebody asks.
    assert [*found.records()] == [*found.records()] == RECORDS


def test_a_file_that_was_read_takes_little_memory(path: Path) -> None:
    """The plan of 200,000 users has 300 MB, and both directories are read before it is needed again."""
    records = [
        {"name": f"user{number:06d}", "reason": "The user is matched by its ImmutableId."} for number in range(5000)
    ]
    digest = write_run_file("plan_file", str(path), HEADER, records)
    found, kept, _peak = traced(lambda: read(path, digest))
    assert kept < path.stat().st_size / 4
    assert [*found.records()] == records


def test_only_one_folder_is_made(path: Path) -> None:
    with pytest.raises(InputError):
        write(path.parent / "deeper" / "plan.jsonl")
    assert not path.parent.exists()


def test_a_file_that_is_there_is_replaced(path: Path) -> None:
    first = write(path)
    second = write(path, run="other")
    assert first != second
    assert read(path, second).header["run"] == "other"
    with pytest.raises(InputError, match="was changed after it was created"):
        read(path, first)


def test_a_failure_leaves_the_old_file_and_nothing_else(path: Path) -> None:
    digest = write(path)

    def records() -> Iterator[dict[str, Any]]:
        yield {"name": "anna"}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_run_file("plan_file", str(path), HEADER, records())
    assert [each.name for each in path.parent.iterdir()] == ["plan.jsonl"]
    assert read(path, digest).sha256 == digest


def test_a_disk_that_is_full_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunFileError, match=r"cannot be written: No space left on device\. Use another file"):
        write(path)
    assert [*path.parent.iterdir()] == []


def test_every_byte_counts(path: Path) -> None:
    digest = write(path)
    content = path.read_bytes()
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        with pytest.raises(InputError, match="was changed after it was created"):
            read(path, digest)
    path.write_bytes(content)
    assert read(path, f" {digest.upper()} ").sha256 == digest


def test_without_a_hash_a_damaged_file_is_refused_all_the_same(path: Path) -> None:
    write(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="is not a record; create the file again"):
        [*read(path).records()]


@pytest.mark.parametrize("content", [b"", b"\n", b"no newline", b"{}\n"])
def test_a_file_of_somebody_else(path: Path, content: bytes) -> None:
    write(path)
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a run file of this collection"):
        read(path)


def test_a_file_of_another_kind_or_host(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path)
    with pytest.raises(InputError, match="contains a plan, but this task needs a result"):
        read(path, kinds=(RESULT,))
    monkeypatch.setenv(VARIABLE, "dc2")
    with pytest.raises(
        InputError,
        match=r"was written for the host localhost, but this host is dc2\. Use a different file for each host",
    ):
        read(path)
    write(path, host="dc2")
    assert read(path).header["host"] == "dc2"


@pytest.mark.parametrize("bits", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_to(path: Path, bits: int) -> None:
    write(path)
    path.chmod(bits)
    with pytest.raises(InputError, match="plan_file"):
        read(path)
    with pytest.raises(InputError, match="plan_file"):
        write(path)


@pytest.mark.parametrize("bits", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_to(path: Path, bits: int) -> None:
    write(path)
    path.parent.chmod(bits)
    with pytest.raises(InputError, match="plan_file"):
        read(path)
    with pytest.raises(InputError, match="plan_file"):
        write(path)


@pytest.mark.parametrize("kind", ["symbolic", "hard"])
def test_a_link(path: Path, kind: str) -> None:
    write(path)
    link = path.with_name("link.jsonl")
    if kind == "symbolic":
        link.symlink_to(path)
    else:
        link.hardlink_to(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="plan_file"):
        read(link)
    with pytest.raises(InputError, match="plan_file"):
        write(link, run="other")
    assert path.read_bytes() == before


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    path.parent.mkdir(0o700)
    os.mkfifo(path, 0o600)
    with pytest.raises(InputError, match="plan_file"):
        read(path)
    with pytest.raises(InputError, match="plan_file"):
        write(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user(path: Path) -> None:
    write(path)
    os.chown(path, 12345, -1)
    with pytest.raises(InputError, match="plan_file"):
        read(path)
    with pytest.raises(InputError, match="plan_file"):
        write(path)


def test_a_file_that_is_not_there(path: Path) -> None:
    with pytest.raises(InputError, match="plan_file"):
        read(path)


@pytest.mark.parametrize(
    "content", [b'{"time":"2026-11-29"}\n', b'{"user_principal_name": "a", "password": "b"}\n', b"notes", b"\n", b"{"]
)
def test_a_file_that_is_no_runs_is_not_replaced(path: Path, content: bytes) -> None:
    """A journal can be named by mistake, and is the only way back."""
    path.parent.mkdir(0o700)
    path.write_bytes(content)
    path.chmod(0o600)
    for take in (write, lambda given: check_run_file("plan_file", str(given))):
        with pytest.raises(InputError, match=r"^plan_file .*plan\.jsonl already exists and is not a file of a run"):
            take(path)
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["plan.jsonl"]


def test_a_path_is_checked_before_anything_is_written(path: Path) -> None:
    check_run_file("plan_file", str(path))
    assert not path.parent.exists()
    write(path)
    check_run_file("plan_file", str(path))
    path.parent.chmod(0o770)
    with pytest.raises(InputError, match="is in a folder that others can write to"):
        check_run_file("plan_file", str(path))
    with pytest.raises(InputError, match="there is no folder"):
        check_run_file("plan_file", str(path.parent / "none" / "deeper" / "plan.jsonl"))
    path.parent.chmod(0o700)
    for wrong in (path.parent, path / "below"):
        with pytest.raises(InputError, match=r"^plan_file "):
            check_run_file("plan_file", str(wrong))


def test_a_name_may_be_as_long_as_the_system_allows(path: Path) -> None:
    long = path.with_name("x" * 255)
    write(long)
    assert [each.name for each in path.parent.iterdir()] == [long.name]
