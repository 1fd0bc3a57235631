# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be told of a task while it runs and after it: how far it is, and how long the service made it wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.clock import Clock

Report = Callable[[Mapping[str, Any]], None]
"""Takes ``what, done, refused, total, held_until, finish``; the last two as seconds since the epoch, or None."""

_RARELY = 0.5
_EARLY = 20


class Watch:
    """The eyes on one task. ``waited`` is the time in which requests were held back, each second counted once."""

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
        """What belongs to the result of a module: ``waited_seconds``, and ``lookup`` and ``notes`` if there are any."""
        more = {"lookup": self.lookup, "notes": self.notes}
        return {"waited_seconds": round(self.waited, 3), **{name: value for name, value in more.items() if value}}

    def note(self, sentence: str) -> None:
        """Keep a sentence on how the task went, which its result shows with ``-v``."""
        self.notes.append(sentence)

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """Somebody waits for the service, for that long as far as is known."""
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
        """The seconds waited so far, those of a wait that still goes on included."""
        return self.waited + (now - self._since if self._waiting else 0.0)

    def stage(self, what: str, total: int | None, time_for: Callable[[int], float | None] | None = None) -> Stage:
        """A new stretch of work. ``time_for`` knows how long the service's limits make so many take."""
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
    """How far a stretch of work is."""

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
        """When it will be done, at the speed so far and within the limits known; None while that is a guess."""
        settled = self.done + self.refused
        if self.total is None or settled < _EARLY:
            return None
        left = self.total - settled
        working = max(0.0, now - self._started - (self._watch.waited_until(now) - self._waited))
        by_speed = max(held or now, now) + left * working / settled
        by_limit = self._time_for(left) if self._time_for else None
        return by_speed if by_limit is None else max(by_speed, now + by_limit)
