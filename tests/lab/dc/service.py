# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make and start the domain controller through the role; stop it by its pid file."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLAYBOOK = Path(__file__).with_name("playbook.yml")
PORTS = (389, 636, 3268, 3269)
ADMINISTRATOR = "Administrator@ad.contoso.com"
UP_SECONDS = 300
STOP_SECONDS = 30.0


class LabError(Exception):
    """The lab could not do what was asked; the text says why and what to do."""


def up(state_dir: Path, ca: Mapping[str, Path] | None, admin_password: str) -> dict[str, Any]:
    """Make the domain below `state_dir`/dc, or start it again where it is, and return how to reach it over LDAPS.

    `ca` holds paths under `ca`, `cert` and `key` (lab.ca.write_server_certificate); None lets the role make its own.
    Returns `server, port, ca_cert, username, password, base_dn, sam (path of sam.ldb), smb_conf, pid`. Needs root and
    the ports of a domain controller on the loopback interface. Raises LabError.
    """
    home = (state_dir / "dc").absolute()
    if not _pid(home):
        _require_free_ports()
    variables = {
        "lab_dc_state_dir": str(home),
        "lab_dc_certificate": {kind: str(Path(path).absolute()) for kind, path in (ca or {}).items()},
        # OpenLDAP's clients put the machine's own name where they are given localhost.
        "lab_dc_names": sorted({"localhost", "127.0.0.1", socket.gethostname()}),
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    _play(variables, admin_password)
    own_ca = Path(ca["ca"]).absolute() if ca else home / "tls" / "ad_domain-ca.pem"
    return {
        "server": "localhost",
        "port": 636,
        "ca_cert": str(own_ca),
        "username": ADMINISTRATOR,
        "password": admin_password,
        "base_dn": "DC=ad,DC=contoso,DC=com",
        "sam": str(home / "private" / "sam.ldb"),
        "smb_conf": str(home / "etc" / "smb.conf"),
        "pid": _pid(home),
    }


def down(state_dir: Path) -> bool:
    """Stop the domain controller below `state_dir`/dc and wait until its ports are free. False: none was running.

    Raises LabError where it does not stop.
    """
    pid = _pid((state_dir / "dc").absolute())
    if not pid:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _alive(pid) or _taken_ports():
        if time.monotonic() > deadline:
            raise LabError(f"The domain controller (pid {pid}) did not stop within {STOP_SECONDS:.0f} s: end it.")
        time.sleep(0.1)
    return True


def _play(variables: dict[str, Any], admin_password: str) -> None:
    beside = Path(sys.executable).with_name("ansible-playbook")
    program = str(beside) if beside.exists() else shutil.which("ansible-playbook")
    if not program:
        raise LabError("ansible-playbook was not found: install ansible-core into the Python that runs the lab.")
    try:
        done = subprocess.run(
            [program, "--inventory", "dc1,", "--extra-vars", json.dumps(variables), str(PLAYBOOK)],
            env={**os.environ, "LAB_ADMIN_PASSWORD": admin_password, "ANSIBLE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=UP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"The role ad_domain did not end within {UP_SECONDS} s.") from None
    if done.returncode:
        raise LabError(f"The role ad_domain failed:\n{done.stdout}{done.stderr}")


def _require_free_ports() -> None:
    taken = _taken_ports()
    if taken:
        listed = ", ".join(map(str, taken))
        raise LabError(f"The ports {listed} on 127.0.0.1 are in use: stop the other domain controller first.")


def _taken_ports() -> list[int]:
    taken = []
    for port in PORTS:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                taken.append(port)
    return taken


def _pid(home: Path) -> int:
    """The pid of the running Samba of that folder, or 0; a stale pid file does not count."""
    try:
        pid = int((home / "run" / "samba.pid").read_text("ascii"))
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
