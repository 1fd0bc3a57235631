# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs of one size, in an order that gives each the tenant it needs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import figures, floor, processes
from .figures import Figure, Quota
from .playbook import MODULES, TIMEOUT, Collection, Playbooks, Task
from .processes import Run
from .site import BASE, Asked, Site

WRITES, WINDOW = 3000, 150.0
"""Graph's quota of writes for an app in a tenant: so many in so many seconds (facts §4)."""
TIME_SCALE = 0.1
"""The quota's windows are that much shorter, with the same ratio of writes to time for everybody: 200 a second."""


class WrongRun(Exception):
    """A run that is measured did not do what it was to do; a figure of it would mean nothing."""


@dataclass(frozen=True)
class Spent:
    """Seconds by action of a first run of the role, and what the same tasks take with modules that do nothing."""

    role: dict[str, float]
    ansible: dict[str, float]

    @classmethod
    def of(cls, role: Sequence[Task], empty: Sequence[Task]) -> Spent:
        """The tasks of the empty role are those that the role runs, in order."""
        passing = [task for task in empty if task.action == "pass_paths"]
        named = [Task(action, task.seconds) for action, task in zip(MODULES, passing, strict=True)]
        return cls(_by_action(role), _by_action([*named, *(task for task in empty if task.action != "pass_paths")]))


def _by_action(tasks: Sequence[Task]) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for task in tasks:
        seconds[task.action] = seconds.get(task.action, 0.0) + task.seconds
    return seconds


class Runs:
    """Measures the role, Ansible itself and the floor on a site. ``spent``: where a first run's time went, by size."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.spent: dict[int, Spent] = {}
        self.tenant_users: dict[int, int] = {}
        self._site = site
        self._folder = folder
        self.books = Playbooks(site, folder)

    def of(self, users: int) -> Iterator[Figure]:
        """Each figure as soon as it is there. Raises ProgramFailed and WrongRun."""
        self._site.fill(users)
        self.tenant_users[users] = self._site.tenant_users()
        answers = self._folder / "answers"
        shutil.rmtree(answers, ignore_errors=True)
        answers.mkdir()
        self.books.hard_match(keep=answers)
        first: list[Task] = []
        yield self._played(figures.FIRST, self.books.hard_match, first, writes=users)
        yield self._played(figures.SECOND, self.books.hard_match, [], writes=0)
        empty: list[Task] = []
        yield self._played(figures.ANSIBLE, lambda: self.books.same_shape(answers), empty, writes=0)
        self.spent[users] = Spent.of(first, empty)
        self._site.empty()
        yield self._figure(figures.FLOOR_FIRST, self._floor, writes=users)
        yield self._figure(figures.FLOOR_SECOND, self._floor, writes=0)

    def both(self, other: Collection | None) -> Iterator[Figure]:
        """A first and a second run of the role, as the working tree has it or another revision."""

        def play() -> tuple[Run, list[Task]]:
            return self.books.hard_match(other=other)

        self._site.empty()
        yield self._played(figures.FIRST, play, [], writes=self._site.users)
        yield self._played(figures.SECOND, play, [], writes=0)

    def against_quota(self) -> Quota:
        """A first run of the role with Graph's quotas enforced, on the users that the site has now."""
        self._site.empty()
        self._site.throttle(TIME_SCALE)
        self._site.begin()
        run, _tasks = self.books.hard_match()
        asked = self._site.asked()
        users = self._site.users
        used = figures.quota_used(asked.moments, WRITES, WINDOW * TIME_SCALE)
        self._site.empty()
        return Quota(users, used, users - asked.writes, asked.refused, run.seconds)

    def _played(self, what: str, play: Callable[[], tuple[Run, list[Task]]], tasks: list[Task], writes: int) -> Figure:
        def run() -> Run:
            found, ran = play()
            tasks.extend(ran)
            return found

        return self._figure(what, run, writes)

    def _floor(self) -> Run:
        command = [sys.executable, str(floor.__file__), str(self._site.state / "lab.json"), BASE]
        return processes.measured(command, {}, self._folder, self._site.servers(), TIMEOUT)

    def _figure(self, what: str, measure: Callable[[], Run], writes: int) -> Figure:
        self._site.begin()
        run = measure()
        asked = self._site.asked()
        if asked.writes != writes:
            raise WrongRun(f"{what}: {asked.writes} writes were made where {writes} were due:\n{run.output[-2000:]}")
        return figure(what, self._site.users, run, asked)


def figure(what: str, users: int, run: Run, asked: Asked | None, seconds: float | None = None) -> Figure:
    """A line of the table; ``seconds`` where not the whole run counts."""
    return Figure(
        what,
        users,
        run.seconds if seconds is None else seconds,
        asked.requests if asked else 0,
        asked.writes if asked else 0,
        run.cpu,
        max((peak for name, peak in run.memory.items() if name), default=0),
        run.memory.get("", 0),
        run.server_cpu,
    )
