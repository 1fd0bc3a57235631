# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on the embedded estate, twice, and a table of what became of each user."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from . import estate
from .dc import LabError

WORDS = {
    "set": "matched",
    "unchanged": "already matched",
    "not_found": "not found",
    "refused": "refused",
    "failed": "failed",
}


def run(state: Path) -> int:
    """Bring the estate up, run the chain twice, show the table, take the estate down in every ending."""
    print("== A Samba domain and an emulated Entra tenant", flush=True)
    try:
        estate.up(state)
        first = _chain(state, "first", "== The chain: hybrid.identity.site --diff")
        second = _chain(state, "second", "== The same again: nothing is left to do")
    finally:
        estate.down(state)
        print("== The estate is down", flush=True)
    print("\n".join(table(first["users"], second["users"])))
    if second["changed"]:
        print(f"The second run changed {second['changed']} things; it should have changed none.")
        return 1
    return 0


def table(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[str]:
    """Counts by outcome for both runs, then who was left alone, and why."""
    counts = [Counter(user["status"] for user in users) for users in (first, second)]
    lines = ["", f"{'':<20}{'first run':>10}{'second run':>12}"]
    for status, word in WORDS.items():
        if counts[0][status] or counts[1][status]:
            lines.append(f"{word:<20}{counts[0][status]:>10}{counts[1][status]:>12}")
    lines.append("")
    for status in ("not_found", "refused", "failed"):
        for user in sorted((user for user in second if user["status"] == status), key=_name):
            lines.append(f"{WORDS[status]}: {_name(user)}: {user['reason']}")
    return lines


def _name(user: dict[str, Any]) -> str:
    return str(user.get("user_principal_name") or user.get("distinguished_name") or user.get("identity"))


def _chain(state: Path, name: str, title: str) -> dict[str, Any]:
    print(f"\n{title}", flush=True)
    result = state / f"{name}-run.json"
    beside = Path(sys.executable).with_name("ansible-playbook")
    program = str(beside) if beside.exists() else shutil.which("ansible-playbook") or "ansible-playbook"
    # Some of the seed's users cannot be matched, and are there to show it: the others are matched all the same.
    variables = {"hard_match_on_refused": "skip", "hard_match_result_file": str(result)}
    command = [
        program,
        "--inventory",
        str(state / "inventory.yml"),
        "hybrid.identity.site",
        "--diff",
        "--extra-vars",
        json.dumps(variables),
    ]
    process = subprocess.Popen(
        command,
        env={**os.environ, "ANSIBLE_NOCOWS": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "ANSIBLE_FORCE_COLOR": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output = []
    with process:
        for line in process.stdout:
            print(line, end="", flush=True)
            output.append(line)
    if process.returncode:
        raise LabError(f"ansible-playbook ended with {process.returncode}; its output is above.")
    changed = [int(count) for count in re.findall(r"changed=(\d+)", "".join(output))]
    if not changed:
        raise LabError("ansible-playbook printed no recap, so nothing was run.")
    return {**json.loads(result.read_text("utf-8")), "changed": sum(changed)}
