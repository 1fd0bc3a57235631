# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program in a fork of serve.py, as if this interpreter ran it: python ask.py SOCKET PROGRAM [ARGUMENT...]"""

from __future__ import annotations

import json
import os
import socket
import sys


def main() -> int:
    mask = os.umask(0)
    os.umask(mask)
    request = {
        "arguments": sys.argv[2:],
        "directory": os.getcwd(),
        "environment": dict(os.environ),
        "mask": mask,
    }
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(sys.argv[1])
        socket.send_fds(server, [b"\n"], [0, 1, 2])
        server.sendall(json.dumps(request).encode() + b"\n")
        code = server.recv(8)
    # Without an answer, the server has ended.
    return int(code or b"1")


if __name__ == "__main__":
    sys.exit(main())
