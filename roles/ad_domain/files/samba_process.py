# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start, stop or look at a Samba domain controller that runs as a daemon of its own, on a host without systemd.

Arguments: status|start|stop|restart, the path of smb.conf, the path of the pid file. Prints running or stopped; exit
status 1 with one sentence where it could not be done.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

PROGRAM = "/usr/sbin/samba"
STOP_SECONDS = 30.0


def running(pid_file: str) -> int:
    """The pid of the Samba that the pid file names, or 0: a pid that another program has taken since does not count."""
    try:
        with open(pid_file, encoding="ascii") as handle:
            pid = int(handle.read().strip() or 0)
        program = os.readlink(f"/proc/{pid}/exe")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return 0
    return pid if program.removesuffix(" (deleted)") == os.path.realpath(PROGRAM) else 0


def family(pid: int) -> list[int]:
    """The pid's process group: Samba's children hold the ports, and may outlive their parent by a moment."""
    members = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getpgid(int(name)) == pid:
                members.append(int(name))
        except ProcessLookupError:
            continue
    return members


def stop(pid_file: str) -> None:
    pid = running(pid_file)
    if not pid:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running(pid_file) or family(pid):
        if time.monotonic() > deadline:
            sys.exit(
                f"Samba (pid {pid}) did not stop within {STOP_SECONDS:.0f} s. Check its log, then stop it by hand."
            )
        time.sleep(0.1)


def start(conf: str, pid_file: str) -> None:
    if running(pid_file):
        return
    os.makedirs(os.path.dirname(pid_file), mode=0o755, exist_ok=True)
    done = subprocess.run(
        [PROGRAM, "--daemon", f"--configfile={conf}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    deadline = time.monotonic() + STOP_SECONDS
    while done.returncode == 0 and not running(pid_file) and time.monotonic() < deadline:
        time.sleep(0.1)
    if not running(pid_file):
        sys.exit(f"Samba did not start with {conf}. Run '{PROGRAM} -i --configfile={conf}' to find out why.")


def main() -> None:
    action, conf, pid_file = sys.argv[1:4]
    if action in {"stop", "restart"}:
        stop(pid_file)
    if action in {"start", "restart"}:
        start(conf, pid_file)
    print("running" if running(pid_file) else "stopped")


if __name__ == "__main__":
    main()
