# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ad_domain waits for its domain controller: the real program, and a Samba that ended or that goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[3] / "roles" / "ad_domain" / "files" / "samba_wait.py"


def wait(folder: Path, pid: int, seconds: float) -> str:
    """What the program says of a domain controller that does not answer, since no file holds its CA."""
    pid_file = folder / "samba.pid"
    pid_file.write_text(f"{pid}\n", "ascii")
    paths = [str(PROGRAM), str(folder / "no-ca.pem")]
    command = [sys.executable, *paths, "dc1.ad.contoso.com", "DC=ad,DC=contoso,DC=com", str(pid_file), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    return done.stderr


def test_a_samba_that_ended_is_not_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as samba:
        pass
    assert wait(tmp_path, samba.pid, 3600) == "Samba ended soon after its start. Check its log.\n"


def test_a_samba_that_runs_is_waited_for(tmp_path: Path) -> None:
    assert "did not answer over LDAPS within 0.1 s" in wait(tmp_path, os.getpid(), 0.1)
