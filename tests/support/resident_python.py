# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons that run the modules and the playbooks of all tests.

To start one and to load the libraries in it takes most of the CPU of a module that does little. ansible-playbook forks
for each task, and each fork finds and loads the same filters and tests again.
"""

from __future__ import annotations

import atexit
import functools
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAMS = Path(__file__).with_name("resident")


class ResidentPython:
    """A process that runs resident/serve.py, and a program that is an interpreter and lets it run what it is given.

    ``kind``: what was loaded before, ``modules`` or ``playbooks``. Each module still has a process of its own, which
    loads the module and all of Ansible's and our code anew. So has each ansible-playbook, which has only ansible-core's
    code from the other process, and reads its configuration anew. If the program is killed, the module or
    ansible-playbook is too, but not what it has started.
    """

    def __init__(self, kind: str = "modules") -> None:
        # A short path: that of a Unix socket may have 107 characters.
        self.folder = tempfile.TemporaryDirectory(prefix="python")
        path = str(Path(self.folder.name) / "socket")
        # It ends when its standard input does, so also when the tests are killed.
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / "serve.py"), path, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n", "the resident Python did not start"
        program = Path(self.folder.name) / "python"
        command = shlex.join([sys.executable, "-IS", str(PROGRAMS / "ask.py"), path])
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
        program.chmod(0o700)
        self.interpreter = str(program)

    def close(self) -> None:
        self.process.communicate(timeout=60)
        self.folder.cleanup()


def ansible_playbook() -> list[str]:
    """Return the command of ansible-playbook, to begin in a process that stays until this one ends.

    To kill a run with all that it has started, kill one that ``own_ansible_playbook`` started.
    """
    return [_playbooks().interpreter, *own_ansible_playbook()]


def own_ansible_playbook() -> list[str]:
    """Return the command of the ansible-playbook of this Python."""
    return [shutil.which("ansible-playbook", path=str(Path(sys.executable).parent)) or "ansible-playbook"]


@functools.cache
def _playbooks() -> ResidentPython:
    process = ResidentPython("playbooks")
    atexit.register(process.close)
    return process
