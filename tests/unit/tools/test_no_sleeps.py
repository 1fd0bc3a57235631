# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests set the time and never wait for it: whoever sleeps is listed here, with the reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
# sleep(0) gives way to others and takes no time.
SLEEP = re.compile(r"(?<!def )\bsleep\((?!0\))|\bStart-Sleep\b|\bpause:|^\s*sleep \d", re.MULTILINE)
SUFFIXES = {".py", ".ps1", ".psm1", ".yml", ".yaml", ".sh", ".j2", ""}

# File below tests/: (how often, why). An entry is a poll whose deadline is far above what it waits for, or it is itself
# what a test is about.
ALLOWED: dict[str, tuple[int, str]] = {
    "support/polling.py": (1, "the one poll: ten minutes for what takes seconds"),
    "integration/targets/ad_domain/files/watch_arguments.py": (1, "looks at the processes for as long as a play runs"),
    "lab/entra/service.py": (1, "the fault `latency`, a slow service for a look by hand; tests use `hold`"),
    "lab/adsync/ADSync/Clock.ps1": (
        2,
        "a task that is to be killed, and 30 minutes for a cycle to rest",
    ),
    "lab/sync/clock.py": (1, "the stand-in's clock for a cycle's program, which has no other way to be told"),
    "functional/pwsh/test_clock.py": (1, "replaces the cmdlet to see how the product calls it"),
    "tools/check51.ps1": (1, "names the cmdlet in a table of parameters, and does not call it"),
}


def sleepers() -> Counter[str]:
    """How often each file below tests/ sleeps."""
    found: Counter[str] = Counter()
    for path in TESTS.rglob("*"):
        name = path.relative_to(TESTS).as_posix()
        if path.suffix in SUFFIXES and path.is_file() and path != Path(__file__) and not name.startswith("output/"):
            found[name] = len(SLEEP.findall(path.read_text("utf-8", errors="replace")))
    return +found


def test_nobody_sleeps_who_is_not_listed() -> None:
    assert dict(sleepers()) == {name: count for name, (count, _reason) in ALLOWED.items()}


def test_each_way_to_sleep_is_found() -> None:
    for text in (
        "time.sleep(1.2)",
        "    await asyncio.sleep(delay)",
        "sleep(0.05)",
        "Start-Sleep -Seconds 1",
        "  ansible.builtin.pause:\n    seconds: 3",
        "sleep 5",
    ):
        assert SLEEP.search(text), text
    for text in ("await asyncio.sleep(0)", "def test_no_sleeps()", "async def sleep(self)", "paused: true"):
        assert not SLEEP.search(text), text
