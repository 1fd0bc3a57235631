# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports are found in use, from the kernel's tables and from a socket of this test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lab.dc import ports

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"


def _line(address: str, state: str, inode: int = 7) -> str:
    return f"   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0"


def _proc(root: Path, **tables: str) -> Path:
    (root / "net").mkdir()
    for name, line in tables.items():
        (root / "net" / name).write_text(f"{HEAD}\n{line}\n")
    return root


@pytest.mark.parametrize(
    ("table", "address", "state", "found"),
    [
        ("tcp", "0100007F:0185", "0A", [("TCP", 389)]),  # 127.0.0.1
        ("tcp", "00000000:0185", "0A", [("TCP", 389)]),  # all addresses
        ("tcp6", "00000000000000000000000001000000:0185", "0A", [("TCP", 389)]),  # ::1
        ("tcp6", "00000000000000000000000000000000:0185", "0A", [("TCP", 389)]),
        ("tcp", "0100007F:0185", "06", []),  # TIME_WAIT
        ("tcp", "0100007F:0050", "0A", []),  # no port of a domain controller
        ("tcp", "3500007F:0035", "0A", []),  # 127.0.0.53, systemd-resolved
        ("tcp", "0100A8C0:0185", "0A", []),  # another interface
        ("udp", "0100007F:0035", "07", [("UDP", 53)]),
        ("udp", "0100007F:0185", "07", [("UDP", 389)]),
        ("udp", "0100007F:027C", "07", []),  # 636 is TCP only
    ],
)
def test_what_holds_a_port(table: str, address: str, state: str, found: list[tuple[str, int]]) -> None:
    sockets = list(ports.listening(table, f"{HEAD}\n{_line(address, state)}\n"))
    assert [(each.protocol, each.port) for each in sockets] == found


def test_the_sentence_names_the_process_where_it_is_known(tmp_path: Path) -> None:
    proc = _proc(
        tmp_path,
        tcp="\n".join([_line("0100007F:01BD", "0A", 8), _line("0100007F:0035", "0A", 9)]),
        udp=_line("0100007F:0035", "07", 10),
    )
    # 813 and 77 inherited a socket of 812. Pids had started again from the beginning before 77 started.
    for pid, started, inodes in ((812, 5000, (9, 10)), (813, 5001, (9,)), (77, 5002, (9,))):
        (proc / str(pid) / "fd").mkdir(parents=True)
        (proc / str(pid) / "comm").write_text("dnsmasq\n")
        (proc / str(pid) / "stat").write_text(f"{pid} (a ) b) S {'0 ' * 18}{started} 0\n")
        for number, inode in enumerate(inodes):
            (proc / str(pid) / "fd" / str(number)).symlink_to(f"socket:[{inode}]")
    assert ports.taken(proc) == "53 (TCP and UDP, dnsmasq, pid 812), 445 (TCP)"


def test_nothing_is_said_if_all_are_free(tmp_path: Path) -> None:
    assert ports.taken(_proc(tmp_path, tcp=_line("0100007F:0050", "0A"))) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_kernel_of_this_machine_writes_its_tables_like_that(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setitem(ports.TABLES, "tcp", frozenset({port}))
        for table in ("tcp6", "udp", "udp6"):
            monkeypatch.setitem(ports.TABLES, table, frozenset())
        name = Path("/proc/self/comm").read_text().strip()
        assert ports.taken() == f"{port} (TCP, {name}, pid {os.getpid()})"
        # A child that holds it too is not the one to name.
        with subprocess.Popen(["sleep", "600"], pass_fds=[server.fileno()]) as child:
            try:
                assert f"pid {os.getpid()})" in ports.taken()
            finally:
                child.kill()
