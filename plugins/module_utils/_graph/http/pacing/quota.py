# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One of the service's limits, learned from its answers: an amount in a window of seconds."""

from __future__ import annotations

import math

FULL = 0.995
"""The fullness from which on a limit counts as used up. Graph reports two decimals."""


class Quota:
    """A limit that is unknown until the service refuses a request.

    A refusal shows how much was accepted in this window, and when the next one begins. Only the latest window counts,
    so that a limit that is shared, or does not work by windows, is followed too. Times are those of the pace's clock.
    """

    def __init__(self) -> None:
        self.amount: float | None = None
        self.seconds: float | None = None
        self._spent = 0.0
        self._flying = 0.0
        self._first_sent: float | None = None
        self._ends: float | None = None

    def room(self, now: float, fullness: float | None) -> float:
        """Return how much may be sent now; infinity if no limit is known.

        ``fullness`` is what the service reports, None if it never did. If it is below FULL, it overrides a used-up
        count: the limit may have been raised, or other apps may have used most of it when it was learned.
        """
        self._roll(now)
        if self.amount is None or self._ends is None:
            return math.inf
        left = self.amount - self._spent - self._flying
        if left >= 1 or self._flying:
            return left
        return math.inf if fullness is not None and fullness < FULL else 0.0

    def opens_in(self, now: float) -> float:
        """Return the seconds until this window ends; at most 0.5 while answers are due that may change the count."""
        left = max(0.0, (self._ends or now) - now)
        return min(left, 0.5) if self._flying else left

    def sent(self, cost: float) -> None:
        self._flying += cost

    def answered(self, expected: float, served: float, sent_at: float, now: float) -> None:
        """Count answers to what was sent: ``expected`` is no longer in flight, and the service accepted ``served``."""
        self._roll(now)
        self._flying = max(0.0, self._flying - expected)
        if not served:
            return
        if self._first_sent is None:
            self._first_sent = sent_at
            # Count from the answer, not from the request: the service's window began between them.
            self._ends = now + self.seconds if self.seconds else None
        self._spent += served
        if self.amount is not None and self._spent > self.amount:
            self.amount = self._spent

    def refused(self, retry_after: float, now: float) -> None:
        """Learn the limit from a refusal: the next window begins in ``retry_after`` seconds."""
        self._ends = now + retry_after
        if self._first_sent is not None and self._spent:
            self.amount = self._spent
            self.seconds = self._ends - self._first_sent

    def time_for(self, wanted: float, now: float) -> float | None:
        """Return the seconds that ``wanted`` takes under this limit; None if the limit is not known."""
        if self.amount is None or self.seconds is None:
            return None
        left = max(0.0, self.amount - self._spent) if self._ends and now < self._ends else self.amount
        more = wanted - left
        if more <= 0:
            return 0.0
        return max(0.0, (self._ends or now + self.seconds) - now) + (math.ceil(more / self.amount) - 1) * self.seconds

    def _roll(self, now: float) -> None:
        if self._ends is not None and now >= self._ends:
            self._spent = 0.0
            self._first_sent = self._ends = None
