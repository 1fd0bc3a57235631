# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python that runs the modules of all tests.

To start one and to load the libraries in it takes most of the CPU of a module that does little.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAMS = Path(__file__).with_name("resident")


class ResidentPython:
    """A process that runs resident/serve.py, and a program that is an interpreter for Ansible and lets it run modules.

    Each module still has a process of its own, which loads the module and all of Ansible's and our code anew. If the
    program is killed, the module is too.
    """

    def __init__(self) -> None:
        # A short path: that of a Unix socket may have 107 characters.
        self.folder = tempfile.TemporaryDirectory(prefix="python")
        path = str(Path(self.folder.name) / "socket")
        # It ends when its standard input does, so also when the tests are killed.
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / "serve.py"), path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
