# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules as Ansible runs them, each a process that can be killed, and what their journals say."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.module_answers import read_answer


def start(module: str, arguments: dict[str, Any]) -> subprocess.Popen[str]:
    """Start a module of the collection."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"ansible_collections.hybrid.identity.plugins.modules.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The result of a run, which must print one."""
    out, err = process.communicate(timeout=300)
    assert out, err
    return read_answer(out)[0]


def journal_lines(path: Path) -> list[dict[str, Any]]:
    """A journal's whole lines, read by our own eyes; a line that a kill tore is no line."""
    found = []
    for line in path.read_text("ascii").splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            assert line.startswith('{"time":"')
    return found


def seeded() -> random.Random:
    """Chance whose seed is printed, and can be given back as RECOVERY_SEED."""
    seed = int(os.environ.get("RECOVERY_SEED") or random.SystemRandom().randrange(10**6))
    print(f"RECOVERY_SEED={seed}")
    return random.Random(seed)
