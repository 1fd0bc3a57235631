# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of the adsync modules, which the stand-in replaces in all other tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.resident_powershell import PWSH

UTIL = Path(__file__).resolve().parents[3] / "plugins" / "module_utils" / "_ADSyncClock.psm1"
SCRIPT = f"""
$outside = [Diagnostics.Stopwatch]::StartNew()
Import-Module -Name '{UTIL}'
function global:Start-Sleep {{ param ([double] $Seconds) "slept $Seconds" }}
Wait-ConnectPoll -Seconds 7
$first = Get-ConnectClock
$second = Get-ConnectClock
0 -le $first -and $first -lt $second -and $second -le $outside.Elapsed.TotalSeconds
"""


def test_it_counts_seconds_and_waits_for_as_many_as_it_is_told() -> None:
    assert PWSH
    command = [PWSH, "-NoProfile", "-NonInteractive", "-Command", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stdout.split("\n"), done.stderr) == (0, ["slept 7", "True", ""], "")
