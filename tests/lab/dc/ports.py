# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports a domain controller needs on the loopback interface, and which process holds one of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# What Samba listens on. It takes ports for RPC from 49152 on, whichever are free, so these need no check.
TCP = frozenset({53, 88, 135, 139, 389, 445, 464, 636, 3268, 3269})
UDP = frozenset({53, 88, 137, 138, 389, 464})
TABLES = {"tcp": TCP, "tcp6": TCP, "udp": UDP, "udp6": UDP}
# As the kernel writes them: 0.0.0.0, 127.0.0.1 and 127.255.255.255, :: and ::1.
_LOOPBACK = {
    "00000000",
    "0100007F",
    "FFFFFF7F",
    "00000000000000000000000000000000",
    "00000000000000000000000001000000",
}
_LISTEN = "0A"


class Socket(NamedTuple):
    """A socket that takes what is sent to a port: `protocol` is TCP or UDP, `inode` the kernel's number for it."""

    protocol: str
    port: int
    inode: int


def listening(table: str, text: str) -> Iterator[Socket]:
    """The sockets in one of the kernel's tables (`TABLES`, the text of /proc/net/<table>) that hold a needed port."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        address, _colon, port = fields[1].rpartition(":")
        ends = table.startswith("tcp") and fields[3] != _LISTEN
        if address in _LOOPBACK and int(port, 16) in TABLES[table] and not ends:
            yield Socket(table[:3].upper(), int(port, 16), int(fields[9]))


def taken(proc: Path = Path("/proc")) -> str:
    """Say which needed ports are in use and by which process; empty if all are free.

    Shape: "53 (TCP and UDP, dnsmasq, pid 812), 445 (TCP)". The process is left out if this user may not see it.
    """
    found: dict[int, set[Socket]] = {}
    for table in TABLES:
        try:
            text = (proc / "net" / table).read_text("ascii")
        except FileNotFoundError:  # a kernel without IPv6
            continue
        for each in listening(table, text):
            found.setdefault(each.port, set()).add(each)
    if not found:
        return ""
    holders = _holders(proc, {each.inode for sockets in found.values() for each in sockets})
    return ", ".join(f"{port} ({_describe(found[port], holders)})" for port in sorted(found))


def _describe(sockets: set[Socket], holders: dict[int, str]) -> str:
    protocols = " and ".join(sorted({each.protocol for each in sockets}))
    names = sorted({holders[each.inode] for each in sockets if each.inode in holders})
    return ", ".join([protocols, *names])


def _holders(proc: Path, inodes: set[int]) -> dict[int, str]:
    """The name and the pid of the process that opened each socket: of those that have it, the one that started first.

    Its pid need not be the lowest, because pids start again from the beginning.
    """
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    first: dict[int, tuple[int, str]] = {}
    for pid in filter(str.isdigit, os.listdir(proc)):
        try:
            links = [os.readlink(entry.path) for entry in os.scandir(proc / pid / "fd")]
            name = (proc / pid / "comm").read_text("utf-8", "replace").strip()
            started = _start_time((proc / pid / "stat").read_text("utf-8", "replace"))
        except OSError:  # it has ended, or belongs to somebody else
            continue
        for inode in {wanted[link] for link in links if link in wanted}:
            first[inode] = min(first.get(inode, (started + 1, "")), (started, f"{name}, pid {pid}"))
    return {inode: holder for inode, (_started, holder) in first.items()}


def _start_time(stat: str) -> int:
    """Return when a process started, in clock ticks since the boot: field 22 of its /proc/<pid>/stat."""
    # Field 2 is the name in parentheses, which may itself contain them and spaces.
    return int(stat.rpartition(")")[2].split()[19])
