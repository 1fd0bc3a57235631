# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mark of the tests that run with the oldest ansible-core, and a way to run a playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Play = Callable[..., dict[str, Any]]

_MODULE = """
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec={"first": {}, "second": {}}, supports_check_mode=True)
module.exit_json(given={name: value for name, value in module.params.items() if value is not None})
"""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "oldest: only the oldest ansible-core behaves so; runs in upstream-oldest")


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run tasks on localhost and return what they registered in ``found``, a dict.

    ``roles`` holds the tasks of roles by name. The module up.stream.echo is in the action group up.stream.all.
    """
    collection = tmp_path / "collections" / "ansible_collections" / "up" / "stream"
    for folder in ("plugins/modules", "meta"):
        (collection / folder).mkdir(parents=True)
    (collection / "plugins" / "modules" / "echo.py").write_text(_MODULE)
    (collection / "meta" / "runtime.yml").write_text('{requires_ansible: ">=2.16", action_groups: {all: [echo]}}')
    (tmp_path / "ansible.cfg").touch()

    def run(
        tasks: list[dict[str, Any]],
        roles: dict[str, list[dict[str, Any]]] | None = None,
        **keywords: Any,
    ) -> dict[str, Any]:
        for name, own in (roles or {}).items():
            (tmp_path / "roles" / name / "tasks").mkdir(parents=True)
            (tmp_path / "roles" / name / "tasks" / "main.yml").write_text(json.dumps(own))
        keep = {"ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(tmp_path / "found.json")}}
        book = {"hosts": "localhost", "gather_facts": False, **keywords, "tasks": [*tasks, keep]}
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": {"localhost": host}}}))
        (tmp_path / "book.yml").write_text(json.dumps([book]))
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections"),
            "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.json", "book.yml"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=250
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads((tmp_path / "found.json").read_text()))

    return run
