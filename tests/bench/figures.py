# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, and what of it was to be reached. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

FIRST, SECOND = "whole role, first run", "whole role, second run"
ANSIBLE = "Ansible itself: the same tasks, empty"
FLOOR_FIRST, FLOOR_SECOND = "floor, first run", "floor, second run"
PEER_WRITE, PEER_READ = "peer: ansible.builtin.uri in a loop", "peer: community.general.ldap_search"

BASE, NOW = "base", "now"
COST = ((FIRST, 10_000, 0.25), (FIRST, 50_000, 0.2), (SECOND, 50_000, 0.3))
"""A run at a size, and which part of the base revision's CPU time and time it may take."""

PAGE = 999
"""Users on a page of Graph's (facts §4)."""
MEGABYTE = 1024 * 1024
TIMES = ((FIRST, 10_000, FLOOR_FIRST, 3.0), (FIRST, 50_000, FLOOR_FIRST, 2.5), (SECOND, 50_000, FLOOR_SECOND, 2.5))
"""A run at a size, and how many times as long as the floor's it may take."""
MEMORY = {50_000: 300, 200_000: 1024}
"""Megabytes of the largest process by size."""
GROWTH = 1.15
"""How many times as long per user the largest size may take as the one before."""


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``cpu`` and ``server_cpu``: CPU seconds of what was run, and of each server meanwhile.

    ``module_memory`` and ``other_memory``: peak bytes of the largest process of that kind.
    """

    what: str
    users: int
    seconds: float
    requests: int = 0
    writes: int = 0
    cpu: float = 0.0
    module_memory: int = 0
    other_memory: int = 0
    server_cpu: Mapping[str, float] = field(default_factory=dict)

    @property
    def per_user(self) -> float:
        """Milliseconds."""
        return 1000 * self.seconds / self.users


@dataclass(frozen=True)
class Quota:
    """A first run against Graph's quota. ``used``: the part of the allowed writes; None: too few users to tell."""

    users: int
    used: float | None
    lost: int
    refused: int
    seconds: float


@dataclass(frozen=True)
class Goal:
    """``missed_by``: empty where it is met."""

    name: str
    wanted: str
    measured: str
    missed_by: str = ""


def quota_used(moments: Sequence[float], amount: int, window: float) -> float | None:
    """The part of the allowed writes that was used until the last window's first write.

    ``moments``: seconds at which each write was accepted, in order. ``amount`` writes are allowed in each ``window``
    seconds. A client that sends the amount as fast as it can and waits for the window's end, and one that spreads it
    evenly, both reach 1.0. None for no more than one window of writes.
    """
    windows = (len(moments) - 1) // amount
    if windows < 1:
        return None
    return windows * window / (moments[windows * amount] - moments[0])


def goals(
    figures: Sequence[Figure], tenant_users: Mapping[int, int], due: Mapping[int, int], quota: Quota | None
) -> list[Goal]:
    """The goals of the sizes that were measured.

    ``tenant_users``: active users of the tenant by size; ``due``: the requests that a first run is to make.
    """
    at = {(figure.what, figure.users): figure for figure in figures}
    sizes = sorted({users for what, users in at if what == FIRST})
    found = [*_times(at), *_growth(at, sizes), *_memory(at, sizes), *_first(at, due), *_second(at, sizes, tenant_users)]
    if quota and quota.used is not None:
        found += _quota(quota)
    return found + _peers(at, sizes)


@dataclass(frozen=True)
class Compared:
    """The medians of a run of two revisions, in seconds of CPU and of time, and the requests of the last run."""

    what: str
    users: int
    cpu: tuple[float, float]
    seconds: tuple[float, float]
    requests: tuple[int, int]


def medians(found: Sequence[tuple[str, Figure]]) -> list[Compared]:
    """Return one line for each run and size. ``found``: figures, each with BASE or NOW."""
    groups: dict[tuple[int, str], dict[str, list[Figure]]] = {}
    for side, figure in found:
        groups.setdefault((figure.users, figure.what), {BASE: [], NOW: []})[side].append(figure)
    return [
        Compared(
            what,
            users,
            (median(each.cpu for each in sides[BASE]), median(each.cpu for each in sides[NOW])),
            (median(each.seconds for each in sides[BASE]), median(each.seconds for each in sides[NOW])),
            (sides[BASE][-1].requests, sides[NOW][-1].requests),
        )
        for (users, what), sides in groups.items()
    ]


def cost_goals(compared: Sequence[Compared]) -> list[Goal]:
    """The goals against the base revision, of the sizes that were measured."""
    found = []
    for what, size, part in COST:
        for each in compared:
            if (each.what, each.users) != (what, size):
                continue
            for name, (base, now) in (("CPU time", each.cpu), ("time", each.seconds)):
                over = f"by {now - part * base:.1f} s" if now > part * base else ""
                wanted = f"at most {part:g} x the base"
                found.append(Goal(f"{what}, {size:,} users: {name}", wanted, f"{now / base:.2f} x", over))
    return found


def _times(at: Mapping[tuple[str, int], Figure]) -> list[Goal]:
    found = []
    for what, size, floor, times in TIMES:
        if (what, size) not in at:
            continue
        run, least = at[what, size].seconds, at[floor, size].seconds
        over = f"by {run - times * least:.1f} s" if run > times * least else ""
        found.append(Goal(f"{what}, {size:,} users", f"at most {times:g} x the floor", f"{run / least:.2f} x", over))
    return found


def _growth(at: Mapping[tuple[str, int], Figure], sizes: Sequence[int]) -> list[Goal]:
    if len(sizes) < 2:
        return []
    before, largest = sizes[-2:]
    ratio = at[FIRST, largest].per_user / at[FIRST, before].per_user
    over = f"by {ratio - GROWTH:.2f} x" if ratio > GROWTH else ""
    return [Goal(f"time per user, {largest:,} to {before:,}", f"at most {GROWTH} x", f"{ratio:.2f} x", over)]


def _memory(at: Mapping[tuple[str, int], Figure], sizes: Sequence[int]) -> list[Goal]:
    found = []
    for size, allowed in MEMORY.items():
        if size not in sizes:
            continue
        runs = at[FIRST, size], at[SECOND, size]
        used = max(max(run.module_memory, run.other_memory) for run in runs) / MEGABYTE
        over = f"by {used - allowed:.0f} MB" if used > allowed else ""
        found.append(Goal(f"largest process, {size:,} users", f"at most {allowed:,} MB", f"{used:,.0f} MB", over))
    return found


def _first(at: Mapping[tuple[str, int], Figure], due: Mapping[int, int]) -> list[Goal]:
    """A first run makes the requests that docs/speed.md says."""
    found = []
    for size, wanted in sorted(due.items()):
        made = at[FIRST, size].requests
        over = f"by {made - wanted}" if made != wanted else ""
        found.append(Goal(f"requests of a first run, {size:,} users", f"{wanted:,}", f"{made:,}", over))
    return found


def _second(at: Mapping[tuple[str, int], Figure], sizes: Sequence[int], tenant_users: Mapping[int, int]) -> list[Goal]:
    """A second run writes nothing, and asks for one listing of the users."""
    found = []
    for size in sizes:
        run, pages = at[SECOND, size], -(-tenant_users[size] // PAGE)
        wrong = [f"by {run.writes} writes"] if run.writes else []
        wrong += [f"by {run.requests - pages} requests"] if run.requests > pages else []
        measured = f"{run.writes} writes, {run.requests} requests"
        wanted = f"0 writes, 1 listing of users: {pages} requests"
        found.append(Goal(f"{SECOND}, {size:,} users", wanted, measured, " and ".join(wrong)))
    return found


def _quota(quota: Quota) -> list[Goal]:
    used = quota.used or 0.0
    short = f"by {95 - 100 * used:.1f} %" if used < 0.95 else ""
    lost = f"by {quota.lost} users" if quota.lost else ""
    name = f"Graph's quota, {quota.users:,} users"
    return [
        Goal(f"{name}: writes used", "at least 95 %", f"{100 * used:.1f} %", short),
        Goal(f"{name}: users lost", "0", str(quota.lost), lost),
    ]


def _peers(at: Mapping[tuple[str, int], Figure], sizes: Sequence[int]) -> list[Goal]:
    """The loop was measured on a few users, the search on all of them: both count by user."""
    loop = next((figure.per_user for (what, _users), figure in at.items() if what == PEER_WRITE), None)
    if loop is None:
        return []
    found = []
    for size in sizes:
        search = at[PEER_READ, size].per_user if (PEER_READ, size) in at else 0.0
        times = (loop + search) / at[FIRST, size].per_user
        short = f"by {50 - times:.1f} x" if times < 50 else ""
        found.append(
            Goal(f"against the peers' loop, {size:,} users", "at least 50 x per user", f"{times:.0f} x", short)
        )
    return found
