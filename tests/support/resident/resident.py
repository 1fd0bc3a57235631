# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection plugin like `local`, except that scripts for PowerShell run in one process that stays (serve.ps1)."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shlex
import socket
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: resident
short_description: run PowerShell in a process that stays
description:
  - Like the connection plugin C(local), except that scripts for PowerShell go to a process that the tests have started.
author: hybrid.identity contributors
options:
  environment:
    description: Environment variables of the host, beside those of ansible-playbook.
    default: {}
    type: dict
    vars: [{name: resident_environment}]
  socket:
    description: The Unix socket that the process listens on.
    env: [{name: RESIDENT_POWERSHELL}]
    required: true
    type: path
  pipelining:
    description: Always on.
    type: bool
    default: true
"""
# Seconds, far above what a task takes.
TIMEOUT = 600


class Connection(Local):
    transport = "resident"

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        words = shlex.split(cmd)
        if words[:2] == ["/bin/sh", "-c"]:
            words = shlex.split(words[2])
        if "-EncodedCommand" not in words:
            return super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        # What the task sets stands before the command.
        assignments = dict(word.split("=", 1) for word in itertools.takewhile(lambda word: "=" in word, words))
        script = base64.b64decode(words[words.index("-EncodedCommand") + 1]).decode("utf-16-le")
        request: dict[str, Any] = {
            "directory": os.getcwd(),
            "environment": {**os.environ, **self.get_option("environment"), **assignments},
            "script": script,
            "input": (in_data or b"").decode().splitlines(),
        }
        with socket.socket(socket.AF_UNIX) as server:
            server.settimeout(TIMEOUT)
            server.connect(self.get_option("socket"))
            server.sendall(json.dumps(request).encode() + b"\n")
            with server.makefile("rb") as answers:
                line = answers.readline()
        if not line:
            raise AnsibleConnectionFailure("The resident PowerShell has ended.")
        answer = json.loads(line)
        return 0, answer["output"].encode(), answer["error"].encode()
