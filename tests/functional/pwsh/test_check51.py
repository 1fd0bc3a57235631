# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows PowerShell 5.1, where the ADSync module lives, can run what the collection ships."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.code_blocks import blocks
from support.resident_powershell import PWSH

ROOT = Path(__file__).resolve().parents[3]
CHECK = ROOT / "tests" / "tools" / "check51.ps1"


def check(*files: Path) -> subprocess.CompletedProcess[str]:
    assert PWSH
    command = [PWSH, "-NoProfile", "-File", str(CHECK), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_newer_than_5_1_is_shipped() -> None:
    files = sorted([*(ROOT / "plugins").rglob("*.ps1"), *(ROOT / "plugins").rglob("*.psm1")])
    names = {file.name for file in files}
    assert {"adsync_cycle.ps1", "adsync_scheduler.ps1", "entra_connect_info.ps1", "_ConnectServer.psm1"} <= names
    done = check(*files)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_check_finds_what_it_is_for(tmp_path: Path) -> None:
    script = tmp_path / "new.ps1"
    script.write_text("$a = $b ?? 1\n1, 2 | ForEach-Object -Parallel { $_ }\n", encoding="utf-8")
    done = check(script)
    assert done.returncode == 1
    assert "new.ps1:1: ?? needs PowerShell 7" in done.stdout
    assert "new.ps1:2: ForEach-Object -Parallel came after 5.1" in done.stdout


def test_the_pages_show_what_5_1_can_run(tmp_path: Path) -> None:
    """People type these blocks in Windows PowerShell."""
    files = []
    for path in sorted((ROOT / "docs").glob("*.md")):
        for number, block in enumerate(blocks(path.read_text("utf-8"), "powershell")):
            files.append(tmp_path / f"{path.stem}-{number}.ps1")
            files[-1].write_text(block, encoding="utf-8")
    assert len([file for file in files if file.name.startswith("setup-")]) > 10
    done = check(*files)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
