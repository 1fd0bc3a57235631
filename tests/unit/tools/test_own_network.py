# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process with a network of its own has a loopback device, and does not see the ports of others."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
CHILD = """
import socket, sys
import own_network
if not own_network.enter():
    print("forbidden")
    sys.exit()
with socket.socket() as other:
    print("refused" if other.connect_ex(("127.0.0.1", int(sys.argv[1]))) else "connected")
with socket.create_server(("127.0.0.1", int(sys.argv[1]))), socket.socket() as own:
    print("refused" if own.connect_ex(("127.0.0.1", int(sys.argv[1]))) else "connected")
"""


def test_ports_of_others_are_free_in_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        command = [sys.executable, "-c", CHILD, str(port)]
        done = subprocess.run(command, cwd=TOOLS, capture_output=True, text=True, check=True)
        assert done.stdout.split() in (["forbidden"], ["refused", "connected"])
        # The test's own network is as it was.
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) == 0
