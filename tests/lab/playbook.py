# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a playbook: its output goes to a log, and what it does comes back as events while it does it."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .errors import LabError

CALLBACKS = Path(__file__).with_name("callbacks")
# Seconds in which something must happen; it only ends a playbook that hangs.
SILENCE = 1800.0
LAST_LINES = 20

Event = dict[str, Any]


def ansible_playbook() -> str:
    """The ansible-playbook of the Python that runs the lab, else the one on PATH. Raises LabError."""
    beside = Path(sys.executable).with_name("ansible-playbook")
    program = str(beside) if beside.exists() else shutil.which("ansible-playbook")
    if not program:
        raise LabError("ansible-playbook was not found: install ansible-core into the Python that runs the lab.")
    return program


def run(
    name: str,
    inventory: Path,
    log: Path,
    *arguments: str,
    on_event: Callable[[Event], None] = lambda event: None,
) -> list[Event]:
    """Run the playbook `name` of the collection and return its events (callbacks/lab_events.py says what they hold).

    `on_event` gets each of them when it happens. Output is appended to `log`. What Ansible keeps for itself lies beside
    the inventory. Raises LabError with what failed.
    """
    command = [ansible_playbook(), "--inventory", str(inventory), name, *arguments]
    events: list[Event] = []
    # Sockets are made in it, whose paths may have 107 characters; the folder of the lab may be too deep for that.
    with tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True) as temporary:
        process, reader = _start(command, inventory.absolute().parent / "ansible", temporary, log)
        try:
            for event in _events(reader, name):
                events.append(event)
                on_event(event)
            code = process.wait(SILENCE)
        except BaseException:
            process.terminate()
            raise
        finally:
            os.close(reader)
    reason = why_failed(name, code, events, log)
    if reason:
        raise LabError(reason)
    return events


def _start(command: list[str], home: Path, temporary: str, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start ansible-playbook. Returns it, and the end of the pipe from which its events are read."""
    home.mkdir(mode=0o700, exist_ok=True)
    reader, writer = os.pipe()
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                env=_environment(home, temporary, writer),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[writer],
                # Ctrl-C is for the lab, which ends the playbook when it can be ended.
                start_new_session=True,
            )
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    return process, reader


def why_failed(name: str, code: int, events: list[Event], log: Path) -> str:
    """Why a playbook that ended with `code` did not do its work; empty if it did."""
    failed = [event for event in events if event["event"] == "failed"]
    if code and failed:
        # What fails after the first task, in an `always`, follows from it.
        task = failed[0]["task"]
        messages = dict.fromkeys(event["message"] for event in failed if event["task"] == task)
        return "\n".join([f"{name} failed at the task '{task}':", *messages])
    if code:
        return f"{name} ended with {code}. Its last lines:\n{last_lines(log)}"
    if not events or events[-1]["event"] != "end":
        return f"{name} reported no end, so it is not known what it did. Its last lines:\n{last_lines(log)}"
    return ""


def last_lines(log: Path) -> str:
    """The last lines of a log that hold text."""
    return last_lines_of(log.read_text("utf-8", "replace"))


def last_lines_of(text: str) -> str:
    """The last lines that hold text."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-LAST_LINES:])


def _environment(home: Path, temporary: str, events: int) -> dict[str, str]:
    return {
        **os.environ,
        "ANSIBLE_NOCOWS": "1",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "lab_events",
        "LAB_EVENTS": str(events),
        # Nothing is left in the home of whoever runs this, nor in /tmp by what is ended in the middle.
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_REMOTE_TMP": str(home / "tmp"),
        "TMPDIR": temporary,
    }


def _events(reader: int, name: str) -> Iterator[Event]:
    rest = b""
    while True:
        if not select.select([reader], [], [], SILENCE)[0]:
            raise LabError(f"{name} has done nothing for {SILENCE:.0f} s.")
        chunk = os.read(reader, 65536)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        yield from map(json.loads, lines)
