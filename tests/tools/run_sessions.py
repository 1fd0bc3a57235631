# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run nox's sessions in two lanes side by side: those that need the lab's ports, one after the other, and the rest.

The lab's sessions mostly wait for programs, and the rest keep one core busy. What the lab's sessions print comes after
the rest, so that the two are not mixed. Arguments: sessions to run instead of all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / ".cache" / "results"
NOX = (sys.executable, "-m", "nox")


def lanes(names: Sequence[str]) -> dict[str, list[str]]:
    """The sessions of each lane, in their order; a lane without sessions is left out."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault("lab" if name.startswith("integration-") else "rest", []).append(name)
    return found


def merged(reports: Sequence[Path]) -> dict[str, list[object]]:
    """The sessions of all of nox's reports that are there; a lane that broke down has none."""
    return {
        "sessions": [each for path in reports if path.exists() for each in json.loads(path.read_text())["sessions"]]
    }


def _all_sessions() -> list[str]:
    listed = subprocess.run([*NOX, "--list", "--json"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [session["session"] for session in json.loads(listed.stdout)]


def _start(lane: str, names: Sequence[str], log: Path | None) -> subprocess.Popen[bytes]:
    command = [*NOX, "--report", str(RESULTS / f"nox-{lane}.json"), "--sessions", *names]
    if log is None:
        return subprocess.Popen(command, cwd=ROOT)
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)


def main() -> int:
    split = lanes(sys.argv[1:] or _all_sessions())
    aside = RESULTS / "lab.log" if len(split) > 1 else None
    if aside:
        print(
            f"Beside these run {', '.join(split['lab'])}; what they print comes at the end, and is in {aside}.",
            flush=True,
        )
    running = {lane: _start(lane, names, aside if lane == "lab" else None) for lane, names in split.items()}
    codes = [_wait(process) for process in running.values()]
    if aside:
        sys.stdout.flush()
        sys.stdout.buffer.write(aside.read_bytes())
        sys.stdout.flush()
    report = merged([RESULTS / f"nox-{lane}.json" for lane in split])
    (RESULTS / "nox.json").write_text(json.dumps(report), encoding="utf-8")
    return max(codes)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C reaches nox by itself; it takes the lab down, which is waited for."""
    while True:
        try:
            return abs(process.wait())
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main())
