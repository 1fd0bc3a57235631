# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One of the service's limits, learned from its answers: so much in a window of so many seconds."""

from __future__ import annotations

import math

FULL = 0.995
"""From here on a limit counts as used up; Graph writes two decimals."""


class Quota:
    """Nothing is known at first. The first refusal teaches how much was served since when, and when it goes on.

    Only the latest window counts, so that a limit that others share, or that works in another way than by windows, is
    followed all the same. All times are of the pace's clock.
    """

    def __init__(self) -> None:
        self.amount: float | None = None
        self.seconds: float | None = None
        self._spent = 0.0
        self._flying = 0.0
        self._first_sent: float | None = None
        self._ends: float | None = None

    def room(self, now: float, fullness: float | None) -> float:
        """How much may be sent now; infinity where nothing speaks against it.

        ``fullness`` is the service's own word, None where it never gave one. It outweighs our count, which does not
        know of a limit that was raised, or of which others had taken most when it was learned.
        """
        self._roll(now)
        if self.amount is None or self._ends is None:
            return math.inf
        left = self.amount - self._spent - self._flying
        if left >= 1 or self._flying:
            return left
        return math.inf if fullness is not None and fullness < FULL else 0.0

    def opens_in(self, now: float) -> float:
        """Seconds until this window is over; soon, while answers that may change the count are on their way."""
        left = max(0.0, (self._ends or now) - now)
        return min(left, 0.5) if self._flying else left

    def sent(self, cost: float) -> None:
        self._flying += cost

    def answered(self, expected: float, served: float, sent_at: float, now: float) -> None:
        """Of what was sent, ``served`` was really charged; refusals are not."""
        self._roll(now)
        self._flying = max(0.0, self._flying - expected)
        if not served:
            return
        if self._first_sent is None:
            self._first_sent = sent_at
            # From the answer on, not from the request: the service's window began in between.
            self._ends = now + self.seconds if self.seconds else None
        self._spent += served
        if self.amount is not None and self._spent > self.amount:
            self.amount = self._spent

    def refused(self, retry_after: float, now: float) -> None:
        """The service says to go on in so many seconds."""
        self._ends = now + retry_after
        if self._first_sent is not None and self._spent:
            self.amount = self._spent
            self.seconds = self._ends - self._first_sent

    def time_for(self, wanted: float, now: float) -> float | None:
        """Seconds that the limit alone makes this much take; None while the limit is not known."""
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
