# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook with what each run, and each task of a run, would load and compute again."""

from __future__ import annotations

import atexit
import importlib
import random
from types import ModuleType
from typing import Any

_MODULES = (
    "ansible.cli.playbook",
    "ansible.executor.playbook_executor",
    "ansible.executor.task_queue_manager",
    *(
        f"ansible.plugins.{name}"
        for name in (
            "action.assert",
            "action.copy",
            "action.debug",
            "action.include_vars",
            "action.normal",
            "action.set_fact",
            "callback.default",
            "connection.local",
            "inventory.yaml",
            "shell.sh",
            "strategy.linear",
        )
    ),
)
# Finds most of the filters and tests of ansible-core, which each task would look for by itself.
_TEMPLATE = "{{ a is defined and a | default('') | length > 0 and a | upper | to_json | from_json }}"


def load_ansible() -> None:
    """Import what a playbook needs, and let Ansible find its filters and tests."""
    for name in _MODULES:
        importlib.import_module(name)
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar

    template: Any = _TEMPLATE
    try:
        from ansible.template import trust_as_template
    except ImportError:  # before 2.19
        pass
    else:
        template = trust_as_template(template)
    answer = Templar(loader=DataLoader(), variables={"a": "x"}).template(template)
    assert answer == "X", answer


def read_settings() -> None:
    """In a fork: read Ansible's configuration anew, from this process's environment, as a new process does."""
    # The temporary folder of the process that forked is not this one's to remove.
    atexit._clear()
    random.seed()
    constants: Any = importlib.import_module("ansible.constants")
    importlib.reload(constants)
    loaders = importlib.import_module("ansible.plugins.loader")
    for loader in _plugin_loaders(loaders):
        paths = getattr(constants, f"DEFAULT_{loader.type.upper()}_PLUGIN_PATH", None)
        if paths is not None:
            loader.config = paths
            loader._paths = None


def _plugin_loaders(module: ModuleType) -> list[Any]:
    kind: Any = vars(module)["PluginLoader"]
    return [value for value in vars(module).values() if isinstance(value, kind)]
