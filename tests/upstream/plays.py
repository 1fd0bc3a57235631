# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks with a collection of one module, run by ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_MODULE = """
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec={"first": {}, "second": {}}, supports_check_mode=True)
module.exit_json(given={name: value for name, value in module.params.items() if value is not None})
"""


class Play:
    """A play in a folder of its own. The module up.stream.echo is in the action group up.stream.all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        collection = folder / "collections" / "ansible_collections" / "up" / "stream"
        for name in ("plugins/modules", "meta"):
            (collection / name).mkdir(parents=True)
        (collection / "plugins" / "modules" / "echo.py").write_text(_MODULE)
        (collection / "meta" / "runtime.yml").write_text('{requires_ansible: ">=2.16", action_groups: {all: [echo]}}')
        (folder / "ansible.cfg").touch()

    def run(self, *tasks: dict[str, Any], **keywords: Any) -> dict[str, Any]:
        """Run tasks on localhost and return what they left in ``found``, a dict; ``keywords`` are the play's."""
        answer = self._folder / "found.json"
        keep = {"ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(answer)}}
        book = {"hosts": "localhost", "gather_facts": False, **keywords, "tasks": [*tasks, keep]}
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        self._write("inventory.json", {"all": {"hosts": {"localhost": host}}})
        self._write("book.yml", [book])
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(self._folder / "collections"),
            "ANSIBLE_CONFIG": str(self._folder / "ansible.cfg"),
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.json", "book.yml"]
        done = subprocess.run(
            command, cwd=self._folder, env=environment, capture_output=True, text=True, check=False, timeout=250
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(answer.read_text()))

    def role(self, name: str, *tasks: dict[str, Any]) -> None:
        """Write a role."""
        self._write(f"roles/{name}/tasks/main.yml", list(tasks))

    def _write(self, name: str, content: Any) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))  # JSON is YAML
