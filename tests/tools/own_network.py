# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of a process's own, in which a lab's ports are free: a network namespace of Linux with a loopback device.

    python tests/tools/own_network.py

exits with 0 if this machine allows one. That needs root, and most containers forbid it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys

# sched.h, sockios.h and net/if.h of Linux.
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
IFF_UP = 1


def enter() -> bool:
    """Give this process, and those that it starts, a network of their own; return False if that is not allowed."""
    if sys.platform != "linux" or ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh14x", b"lo", 0)
        _name, flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
    return True


if __name__ == "__main__":
    sys.exit(os.EX_OK if enter() else os.EX_NOPERM)
