# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles that are included one after another in one play, a case a task, whether they fail or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def include_roles(cases: Iterable[tuple[dict[str, Any], dict[str, Any]]], folder: Path) -> tuple[list[list[str]], str]:
    """Return for each case the task that failed and its message, both empty if none did, and what the play printed.

    A case has the arguments of include_role, and the variables.
    """
    failed = ["{{ ansible_failed_task.name }}", "{{ ansible_failed_result.msg }}"]
    tasks: list[dict[str, Any]] = [
        {
            "block": [{"ansible.builtin.include_role": include, "vars": variables}],
            "rescue": [{"ansible.builtin.set_fact": {f"case_{number}": failed}}],
        }
        for number, (include, variables) in enumerate(cases)
    ]
    names = ", ".join(f"case_{number} | default(['', ''])" for number in range(len(tasks)))
    write = {"content": f"{{{{ [{names}] | to_json }}}}", "dest": str(folder / "found.json"), "mode": "0600"}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": [*tasks, {"ansible.builtin.copy": write}],
    }
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")  # JSON is YAML
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "--inventory", "localhost,", folder / "play.yml"],
        env={name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "MICROSOFT_AD_"))},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "found.json").read_text("utf-8")), done.stdout
