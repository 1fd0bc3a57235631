# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules of the collection, each run a process that can be killed, and what their journals say.

A run is forked from a server that has the libraries loaded already: loading them takes ten times as long as a run.
Everything else is as when Ansible starts a module: arguments on stdin, the result on stdout, locks and files its own.
"""

from __future__ import annotations

import importlib
import io
import json
import multiprocessing
import os
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from support.libraries import LIBRARIES
from support.module_answers import read_answer
from support.polling import PATIENCE, wait_until

_MODULES = "ansible_collections.hybrid.identity.plugins.modules"
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        f"{_MODULES}.entra_immutable_id",
        f"{_MODULES}.ad_user",
        f"{_MODULES}.rollback",
        *LIBRARIES,
    ]
)


class ModuleRun:
    """A run of a module. As a context manager, it kills what still runs at the end."""

    def __init__(self, module: str, arguments: dict[str, Any]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="module-run-")
        names = (str(Path(self._folder.name, name)) for name in ("stdout", "stderr"))
        self._out, self._err = names
        self._process = _FORKS.Process(target=_main, args=(module, arguments, self._out, self._err), daemon=True)
        self._process.start()

    def __enter__(self) -> ModuleRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._folder.cleanup()

    @property
    def running(self) -> bool:
        return self._process.is_alive()

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition that must come true while the module runs."""
        wait_until(lambda: condition() or not self.running, what)
        assert self.running, f"The module ended by itself: {self._said()}"

    def kill(self) -> None:
        """End it with SIGKILL; on return it is gone, and its sockets and locks with it."""
        self._process.kill()
        self._process.join(PATIENCE)
        assert not self.running

    def result(self) -> dict[str, Any]:
        """Wait for the result, which a run must print."""
        self._process.join(PATIENCE)
        assert not self.running, f"The module did not end in {PATIENCE:.0f} s."
        out = Path(self._out).read_text("utf-8")
        assert out, self._said()
        return read_answer(out)[0]

    def _said(self) -> str:
        paths = (Path(self._out), Path(self._err))
        return "".join(path.read_text("utf-8") for path in paths if path.exists())


def _main(module: str, arguments: dict[str, Any], out: str, err: str) -> None:
    for number, path in ((1, out), (2, err)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.argv = [module]
    sys.stdin = io.TextIOWrapper(io.BytesIO(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()))
    importlib.import_module(f"{_MODULES}.{module}").main()


def journal_lines(path: Path) -> list[dict[str, Any]]:
    """The changes of a journal, read by our own eyes; a line that a kill tore is no line."""
    found = []
    for line in path.read_text("ascii").splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            assert line.startswith('{"time":"')
    # The others say where the changes come from.
    return [line for line in found if "outcome" in line]


def seeded() -> random.Random:
    """Chance whose seed is printed, and can be given back as RECOVERY_SEED."""
    seed = int(os.environ.get("RECOVERY_SEED") or random.SystemRandom().randrange(10**6))
    print(f"RECOVERY_SEED={seed}")
    return random.Random(seed)
