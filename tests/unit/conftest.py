# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a test calls a module: as Ansible does, arguments in and JSON out."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

GiveArguments = Callable[[dict[str, Any]], None]


@pytest.fixture
def give_arguments(monkeypatch: pytest.MonkeyPatch) -> GiveArguments:
    """Have the next module that starts find these arguments."""
    # Here, since the tests that need no Ansible have this file too.
    from ansible.module_utils import basic

    def give(arguments: dict[str, Any]) -> None:
        # The options of a connection as the services get them have a function, which no argument can be.
        arguments = {name: value for name, value in arguments.items() if name != "read_file"}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        # ansible-core 2.19 and newer want to be told how the arguments are written.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with suppress(ImportError):
            # Another test may have loaded the controller's side, which prints warnings in place of returning them.
            # ansible-core 2.18 has the package without the attribute.
            monkeypatch.setattr("ansible.module_utils._internal.is_controller", False, raising=False)

    return give
