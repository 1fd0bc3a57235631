# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m bench [--sizes N ...] [--base REVISION [--base-vars FILE]] [--out FILE]`: measure, and print tables."""

from __future__ import annotations

import argparse
import datetime
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from support.request_formula import count_requests

from lab import estate
from lab.dc import LabError

from . import base, figures, machine, notes, peers, table
from .figures import Figure, Quota
from .processes import ProgramFailed
from .runs import WRITES, Runs, WrongRun
from .site import ROLE_GROUPS, Site

SIZES = (1_000, 10_000, 50_000)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", metavar="N", help="numbers of users")
    parser.add_argument("--base", metavar="REVISION", help="measure the role of this revision too, in turn")
    parser.add_argument("--base-vars", type=Path, metavar="FILE", help="the variables of that revision's role, as YAML")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the tables as Markdown")
    return parser.parse_args()


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@dataclass(frozen=True)
class Measured:
    """All that was measured. ``sides``: what was measured of the base revision and of the working tree in turn."""

    found: list[Figure]
    sides: list[tuple[str, Figure]]
    quota: Quota | None
    runs: Runs


def _measure(state: Path, sizes: Sequence[int], options: argparse.Namespace, folder: Path) -> Measured:
    other = base.unpack(options.base, options.base_vars, folder) if options.base else None
    site = Site(state)
    runs = Runs(site, folder)
    found: list[Figure] = []
    sides: list[tuple[str, Figure]] = []
    quota = None

    def show(figure: Figure, of: str = "") -> None:
        print(f"{figure.users:>7,} users  {figure.seconds:>8.1f} s  {figure.what}{of}", flush=True)

    def note(figure: Figure) -> None:
        found.append(figure)
        show(figure)

    for size in sizes:
        for figure in runs.of(size):
            note(figure)
        for figure in peers.measured(site, runs.books, with_loop=size == sizes[0]):
            note(figure)
        for side, figure in base.compare(runs, other) if other else ():
            sides.append((side, figure))
            show(figure, f", {side}")
        if quota is None and size > WRITES:
            quota = runs.against_quota()
            print(f"{size:>7,} users  {quota.seconds:>8.1f} s  whole role, against Graph's quota", flush=True)
    return Measured(found, sides, quota, runs)


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
            done = _measure(state, sizes, options, Path(folder))
        described = machine.described(_samba_version())
    except (LabError, ProgramFailed, WrongRun) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        estate.down(state)
    spent = {size: (each.role, each.ansible) for size, each in done.runs.spent.items()}
    compared = figures.medians(done.sides)
    tenant_users = done.runs.tenant_users
    due = {size: count_requests(users, size, ROLE_GROUPS) for size, users in tenant_users.items()}
    goals = [*figures.cost_goals(compared), *figures.goals(done.found, tenant_users, due, done.quota)]
    tables = [table.goals(goals), table.measured(done.found), table.spent(spent)]
    if compared:
        tables.insert(1, table.compared(options.base, compared))
    print("\n" + "\n\n".join(each.text() for each in tables))
    print(f"\n{', '.join(described)}")
    if options.out:
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        options.out.write_text(table.page(today, described, tables, notes.told(done.quota)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
