# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m bench [--sizes N ...] [--out FILE]`: measure, print the tables, and write them as Markdown too."""

from __future__ import annotations

import argparse
import datetime
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from lab import estate
from lab.dc import LabError

from . import figures, machine, notes, peers, table
from .figures import Figure, Quota
from .processes import ProgramFailed
from .runs import WRITES, Runs, WrongRun
from .site import Site

SIZES = (1_000, 10_000, 50_000)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", metavar="N", help="numbers of users")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the tables as Markdown")
    return parser.parse_args()


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _measure(state: Path, sizes: Sequence[int], folder: Path) -> tuple[list[Figure], Quota | None, Runs]:
    site = Site(state)
    runs = Runs(site, folder)
    found: list[Figure] = []
    quota = None

    def note(figure: Figure) -> None:
        found.append(figure)
        print(f"{figure.users:>7,} users  {figure.seconds:>8.1f} s  {figure.what}", flush=True)

    for size in sizes:
        for figure in runs.of(size):
            note(figure)
        for figure in peers.measured(site, runs.books, with_loop=size == sizes[0]):
            note(figure)
        if quota is None and size > WRITES:
            quota = runs.against_quota()
            print(f"{size:>7,} users  {quota.seconds:>8.1f} s  whole role, against Graph's quota", flush=True)
    return found, quota, runs


def _samba_version() -> str:
    return subprocess.run(["samba", "--version"], capture_output=True, text=True, timeout=60, check=False).stdout


def main() -> int:
    options = _arguments()
    sizes = sorted(set(options.sizes or SIZES))
    state = estate.folder()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            found, quota, runs = _measure(state, sizes, Path(folder))
        described = machine.described(_samba_version())
    except (LabError, ProgramFailed, WrongRun) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        estate.down(state)
    spent = {size: (each.role, each.ansible) for size, each in runs.spent.items()}
    goals = figures.goals(found, runs.tenant_users, quota)
    tables = [table.goals(goals), table.measured(found), table.spent(spent)]
    print("\n" + "\n\n".join(each.text() for each in tables))
    print(f"\n{', '.join(described)}")
    if options.out:
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        options.out.write_text(table.page(today, described, tables, notes.told(quota)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
