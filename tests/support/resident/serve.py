# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python that has loaded the libraries of modules, and forks for each program that ask.py sends: serve.py SOCKET"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[2])

from support.libraries import LIBRARIES
from support.resident.compiled import keep_compiled


def accepted(path: str) -> socket.socket | None:
    """Serve until standard input ends, and return None then. In a fork, return the connection that it is for."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(64)
        # Nobody asks how a fork has ended.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        print("ready", flush=True)
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            connection, _address = server.accept()
            if not os.fork():
                return connection
            connection.close()
    return None


def started(connection: socket.socket) -> dict[str, Any]:
    """Return what to run, in another fork that has the files and all else of the program that asked.

    This process tells that program how the fork has ended, and kills the fork if that program is gone.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _byte, files, _flags, _address = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as stream:
        request: dict[str, Any] = json.loads(stream.readline())
    module = os.fork()
    if not module:
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        connection.close()
        return request
    for file in files:
        os.close(file)
    ended = os.pidfd_open(module)
    if ended not in select.select([ended, connection.fileno()], [], [])[0]:
        os.kill(module, signal.SIGKILL)
    _pid, status = os.waitpid(module, 0)
    code = os.waitstatus_to_exitcode(status)
    with contextlib.suppress(BrokenPipeError):
        # As a shell has it for what a signal has ended.
        connection.sendall(str(code if code >= 0 else 128 - code).encode())
    os._exit(0)


def main() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()
    compiled = Path(sys.argv[1]).with_name("compiled")
    compiled.mkdir()
    connection = accepted(sys.argv[1])
    if connection is None:
        return
    request = started(connection)
    os.chdir(request["directory"])
    os.umask(request["mask"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = request["arguments"]
    # As for any program that Python runs by its path.
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    keep_compiled(compiled)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
