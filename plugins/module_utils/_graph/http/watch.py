# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task reports while it runs and in its result: its progress, and how long the service made it wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .clock import Clock

Report = Callable[[Mapping[str, Any]], None]
"""Takes ``what, done, refused, total, held_until, finish``; the last two in seconds since the epoch. The last three may
be None."""

_RARELY = 0.5
_EARLY = 20
_MOST_NOTES = 20


class Watch:
    """Collects what one task reports.

    ``waited``: the seconds in which requests were held back; waits at the same time count once. ``lookup``: how users
    are looked up.
    """

    def __init__(self, report: Report | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.waited = 0.0
        self.lookup: dict[str, Any] | None = None
        self.notes: list[str] = []
        self._report = report
        self._reported = 0.0
        self._waiting = 0
        self._since = 0.0
        self._until = 0.0
        self._stage: Stage | None = None

    def facts(self) -> dict[str, Any]:
        """Return what belongs into the module's result: ``waited_seconds`` and, if any, ``lookup`` and ``notes``."""
        more = {"lookup": self.lookup, "notes": self.notes}
        return {"waited_seconds": round(self.waited, 3), **{name: value for name, value in more.items() if value}}

    def note(self, sentence: str) -> None:
        """Keep a sentence on how the task went; it is shown with ``-v``."""
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(sentence)

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """Count and report a wait for the service, which is expected to take ``seconds``."""
        now = self.clock.now()
        if not self._waiting:
            self._since = now
            self._until = 0.0
        self._waiting += 1
        longer = now + seconds > self._until + 1
        self._until = max(self._until, now + seconds)
        self._tell(at_once=longer)
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.waited += self.clock.now() - self._since

    def waited_until(self, now: float) -> float:
        """Return the seconds waited until ``now``, including a wait that is not over."""
        return self.waited + (now - self._since if self._waiting else 0.0)

    def stage(self, what: str, total: int | None, time_for: Callable[[int], float | None] | None = None) -> Stage:
        """Begin a stage of the work. ``time_for`` gives the seconds that a number of items takes under known limits."""
        self._stage = Stage(self, what, total, time_for)
        self._tell()
        return self._stage

    def _tell(self, at_once: bool = False) -> None:
        now = self.clock.now()
        if self._report is None or self._stage is None or (now - self._reported < _RARELY and not at_once):
            return
        self._reported = now
        offset = self.clock.epoch() - now
        held = self._until if self._waiting and self._until > now else None
        finish = self._stage.finish(now, held)
        self._report(
            {
                "what": self._stage.what,
                "done": self._stage.done,
                "refused": self._stage.refused,
                "total": self._stage.total,
                "held_until": held and held + offset,
                "finish": finish and finish + offset,
            }
        )


class Stage:
    """The progress of one stage of the work."""

    def __init__(
        self, watch: Watch, what: str, total: int | None, time_for: Callable[[int], float | None] | None
    ) -> None:
        self.what, self.total = what, total
        self.done = self.refused = 0
        self._watch = watch
        self._started = watch.clock.now()
        self._waited = watch.waited
        self._time_for = time_for

    def settled(self, done: int, refused: int = 0) -> None:
        self.done += done
        self.refused += refused
        self._watch._tell(at_once=self.total == self.done + self.refused)

    def finish(self, now: float, held: float | None) -> float | None:
        """Estimate when the stage will be done, from its speed so far and the known limits.

        ``held`` is the time until which requests are held back, if they are. All times are those of the clock. None if
        ``total`` is not known, or if too few items are done for an estimate.
        """
        settled = self.done + self.refused
        if self.total is None or settled < _EARLY:
            return None
        left = self.total - settled
        working = max(0.0, now - self._started - (self._watch.waited_until(now) - self._waited))
        by_speed = max(held or now, now) + left * working / settled
        by_limit = self._time_for(left) if self._time_for else None
        return by_speed if by_limit is None else max(by_speed, now + by_limit)
