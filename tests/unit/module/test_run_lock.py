# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a folder of runs: shared by the tasks of one process, refused to others, and gone when that one ends."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.polling import wait_until

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.plugin_utils import run_lock
from ansible_collections.hybrid.identity.plugins.plugin_utils.run_lock import take_lock

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "runs").mkdir(mode=0o700)
    return str(tmp_path / "runs")


@pytest.fixture
def start() -> Iterator[Start]:
    """Start processes in the place of ansible-playbook, which run until they are ended."""
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_the_hosts_of_one_playbook_share_the_lock(folder: str, start: Start) -> None:
    one, other = start(), start()
    assert take_lock(folder, one.pid) == ""
    assert take_lock(folder, one.pid) == ""
    refusal = take_lock(folder, other.pid)
    assert refusal.startswith(f"Another ansible-playbook (process {one.pid} on {platform.node()}, since 2")
    assert refusal.endswith(
        f"writes to hybrid_identity_run_folder {folder}. Wait until it ends, then run ansible-playbook again."
    )
    assert (Path(folder) / "lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_the_lock_ends_with_the_playbook(folder: str, start: Start, how: str) -> None:
    one, other = start(), start()
    assert take_lock(folder, one.pid) == ""
    getattr(one, how)()
    one.communicate()
    wait_until(lambda: take_lock(folder, other.pid) == "", "the lock is free")
    assert take_lock(folder, start().pid).startswith(f"Another ansible-playbook (process {other.pid}")


def test_a_playbook_that_ended_while_it_took_the_lock_leaves_it_free(folder: str, start: Start) -> None:
    gone = start()
    gone.kill()
    gone.communicate()
    assert take_lock(folder, gone.pid) == ""
    wait_until(lambda: take_lock(folder, start().pid) == "", "the lock is free")


def test_what_is_in_the_file_says_nothing_without_a_lock(folder: str, start: Start) -> None:
    path = Path(folder) / "lock"
    path.touch(0o600)
    path.write_text(json.dumps({"process": os.getpid(), "machine": platform.node(), "since": "x", "started": "1"}))
    assert take_lock(folder, start().pid) == ""


def test_a_playbook_on_another_machine_is_never_over(
    folder: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process id says nothing here, also if a process of this machine has it."""
    one = start()
    monkeypatch.setattr(run_lock.platform, "node", lambda: "other.example")
    assert take_lock(folder, one.pid) == ""
    monkeypatch.undo()
    for process in (one, start()):
        assert f"(process {one.pid} on other.example," in take_lock(folder, process.pid)


def test_a_process_of_another_container_is_another_one(
    folder: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process id and the name of its machine may be the same."""
    one, pauses = start(), list[float]()
    monkeypatch.setattr(run_lock, "_started", lambda _process: "1")
    assert take_lock(folder, one.pid) == ""
    monkeypatch.setattr(run_lock, "_started", lambda _process: "2")
    assert "does not identify it" in take_lock(folder, one.pid, pauses.append)
    assert pauses


def test_a_folder_that_is_not_there_or_is_open_to_others(folder: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"hybrid_identity_run_folder: there is no folder .*nowhere\. Create it first"):
        take_lock(str(tmp_path / "nowhere"), os.getpid())
    os.chmod(folder, 0o777)  # noqa: S103
    with pytest.raises(InputError, match="hybrid_identity_run_folder"):
        take_lock(folder, os.getpid())


def test_a_relative_path(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks would look for it beside the playbook."""
    monkeypatch.chdir(Path(folder).parent)
    with pytest.raises(InputError, match="hybrid_identity_run_folder is runs; it must be an absolute path"):
        take_lock("runs", os.getpid())


def test_a_lock_whose_owner_never_says_who_it_is(folder: str, start: Start) -> None:
    path = Path(folder) / "lock"
    path.touch(0o600)
    pauses: list[float] = []
    with path.open("r+b") as stranger:
        stranger.write(b"nobody")
        stranger.flush()
        fcntl.flock(stranger, fcntl.LOCK_EX)
        refusal = take_lock(folder, start().pid, pauses.append)
    assert refusal.startswith(
        f"Another process has the lock of hybrid_identity_run_folder {folder}, but the lock does not"
    )
    assert 5 < sum(pauses) < 60
