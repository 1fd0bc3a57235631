# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command at a time, and what a lab that is up, or was, means for the next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.polling import wait_until

from lab import dc, demo, emulator, estate, lock, processes
from lab.dc import ports
from lab.errors import LabError

TESTS = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from lab import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the state folder `lab`."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lab")]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_command_is_refused_until_the_first_is_gone_even_if_it_was_killed(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    state = tmp_path / "lab"
    with pytest.raises(LabError, match="Another command of the lab is at work"), lock.held(state):
        pass
    assert state.exists()
    holder.kill()
    holder.wait()
    with lock.held(state):
        assert state.exists()
    assert not state.exists()


def test_a_folder_that_holds_a_lab_is_left_and_one_that_is_gone_is_no_error(tmp_path: Path) -> None:
    state = tmp_path / "lab"
    with lock.held(state):
        (state / "lab.json").touch()
    assert (state / "lab.json").exists()
    with lock.held(state):
        (state / "lab.json").unlink()
        state.rmdir()
    assert not state.exists()


def test_a_path_that_is_no_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lab").touch()
    with pytest.raises(LabError, match=r"lab cannot be used: .+\.$"), lock.held(tmp_path / "lab"):
        pass


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of a lab that nothing of runs, on a machine whose ports are free, as root."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(ports, "taken", lambda: "")
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / estate.MARK).touch()
    (folder / "lab.json").write_text(json.dumps({}))
    return folder


def _demo_refuses(state: Path, monkeypatch: pytest.MonkeyPatch, sentence: str) -> None:
    monkeypatch.setattr(demo, "LOG", state.parent / "demo.log")
    before = sorted(state.rglob("*"))
    with pytest.raises(LabError, match=sentence):
        demo.run(state)
    assert sorted(state.rglob("*")) == before
    assert not demo.LOG.exists()


@pytest.mark.parametrize("service", [emulator, dc])
def test_the_demo_leaves_a_lab_alone_that_is_up(state: Path, service: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "running", lambda _state: 4711)
    _demo_refuses(state, monkeypatch, "A lab is up in .*make lab-down$")


def test_the_demo_does_nothing_if_a_port_is_taken(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "taken", lambda: "53 (TCP, dnsmasq, pid 812)")
    _demo_refuses(state, monkeypatch, r"needs ports that are in use: 53 \(TCP, dnsmasq, pid 812\)\. Stop what uses")


def test_the_demo_leaves_a_folder_alone_that_is_no_lab(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (state / estate.MARK).unlink()
    _demo_refuses(state, monkeypatch, "is not a lab's folder")


def test_the_demo_needs_root(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    _demo_refuses(state, monkeypatch, "needs root")


def test_what_is_left_of_a_lab_is_in_nobodys_way(state: Path) -> None:
    estate.require_none(state)
    assert estate.down(state)
    assert not state.exists()


def test_going_down_ends_what_a_killed_command_left_running(state: Path) -> None:
    environment = {**os.environ, processes.MARK: str(state)}
    # It does not end when it is asked to, as a playbook that waits for its workers.
    script = "trap 'kept=$((kept + 1)); [ $kept -lt 3 ] || exit' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(["bash", "-c", script], env=environment, stdout=subprocess.PIPE, text=True) as mine:
        assert mine.stdout is not None
        assert mine.stdout.readline() == "ready\n"
        other = subprocess.Popen(["sleep", "600"], env={**os.environ, processes.MARK: f"{state}2"})
        try:
            assert mine.pid in processes.marked(state)
            assert other.pid not in processes.marked(state)
            estate.down(state)
            assert wait_until(lambda: mine.poll() is not None, "the marked process ended")
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()
            mine.kill()


def test_a_package_manager_is_waited_for(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter([{41: "apt-get", 42: "python3"}, {41: "dpkg", 42: "python3"}, {42: "python3"}, {42: "python3"}, {}])
    killed = []
    monkeypatch.setattr(processes, "marked", lambda _state: next(seen))
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    processes.end(state)
    assert killed == [(42, signal.SIGTERM)]


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """SIGINT as in a terminal: a run that a shell started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_second_ctrl_c_does_not_stop_what_takes_the_lab_down(ctrl_c: None) -> None:
    with processes.undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
