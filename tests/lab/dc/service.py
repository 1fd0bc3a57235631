# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make and start the domain controller through the role; stop it by its pid file."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.polling import wait_until

from .. import playbook
from ..errors import LabError
from . import ports

PLAYBOOK = "hybrid.identity.domain"
PORTS = (389, 636, 3268, 3269)
ADMINISTRATOR = "Administrator@ad.contoso.com"


def role_variables(state_dir: Path, ca: Mapping[str, Path]) -> dict[str, Any]:
    """Variables of the role ad_domain for a domain controller below `state_dir`/dc, on the loopback interface alone.

    `ca` holds paths under `ca`, `cert` and `key` (lab.ca.write_server_certificate).
    """
    return {
        "ad_domain_provider": "samba",
        "ad_domain_samba_state_dir": str(_home(state_dir)),
        "ad_domain_samba_host_name": "dc1",
        "ad_domain_samba_host_ip": "127.0.0.1",
        "ad_domain_samba_interfaces": ["lo"],
        "ad_domain_samba_service": "process",
        # An address for documentation (RFC 5737): the lab asks no name server.
        "ad_domain_samba_dns_forwarder": "192.0.2.1",
        **{f"ad_domain_samba_tls_{kind}": str(Path(path).absolute()) for kind, path in ca.items()},
    }


def address(state_dir: Path, ca_cert: Path, admin_password: str) -> dict[str, Any]:
    """How to reach the directory over LDAPS, and where its files are.

    Returns `server, port, ca_cert, username, password, base_dn, sam (path of sam.ldb), smb_conf`.
    """
    home = _home(state_dir)
    return {
        "server": "localhost",
        "port": 636,
        "ca_cert": str(ca_cert.absolute()),
        "username": ADMINISTRATOR,
        "password": admin_password,
        "base_dn": "DC=ad,DC=contoso,DC=com",
        "sam": str(home / "private" / "sam.ldb"),
        "smb_conf": str(home / "etc" / "smb.conf"),
    }


def up(state_dir: Path, inventory: Path, log: Path) -> int:
    """Make the domain below `state_dir`/dc by the collection's own playbook, or start it again. Returns the pid.

    `inventory` has a group domain_controllers whose host carries `role_variables`. Needs root and the ports of a domain
    controller on the loopback interface. The playbook's output is appended to `log`. Raises LabError.
    """
    require_free_ports(state_dir)
    playbook.run(PLAYBOOK, inventory, log)
    return running(state_dir)


def down(state_dir: Path) -> bool:
    """Stop the domain controller below `state_dir`/dc and wait until its ports are free. False: none was running.

    Raises LabError where it does not stop.
    """
    pid = running(state_dir)
    if not pid:
        return False
    os.kill(pid, signal.SIGTERM)
    try:
        wait_until(lambda: not (_alive(pid) or _taken_ports()), "the domain controller has ended")
    except TimeoutError as error:
        raise LabError(f"The domain controller (pid {pid}) does not stop. {error} End it by hand.") from None
    return True


def require_free_ports(state_dir: Path) -> None:
    """Raise LabError if something else than the domain controller below `state_dir`/dc holds a port that it needs."""
    taken = "" if running(state_dir) else ports.taken()
    if taken:
        raise LabError(
            f"The lab's domain controller needs ports that are in use: {taken}. Stop what uses them, then try again."
        )


def _taken_ports() -> list[int]:
    taken = []
    for port in PORTS:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                taken.append(port)
    return taken


def _home(state_dir: Path) -> Path:
    return (state_dir / "dc").absolute()


def running(state_dir: Path) -> int:
    """The pid of the Samba that runs below `state_dir`/dc, or 0; a stale pid file does not count."""
    try:
        pid = int((_home(state_dir) / "run" / "samba.pid").read_text("ascii"))
        program = os.readlink(f"/proc/{pid}/exe")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return 0
    return pid if Path(program.removesuffix(" (deleted)")).name == "samba" else 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
