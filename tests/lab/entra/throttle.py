# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throttling by quota (facts §4 "Identity & access"; graph-docs concepts/throttling-limits.md). Off unless set.

Fixed windows of the emulator's own time (clock.py), which tests advance. `timeScale` shortens every window and keeps
the counts, for measurements in real time: 0.1 makes 3,000 writes per 150 s into 3,000 per 15 s. `GET /lab/throttle`
tells what was used of each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .call import Call
from .clock import CLOCK
from .errors import GraphError
from .odata import parse_query

_KEPT = 1000


@dataclass(frozen=True)
class Limit:
    """`unit`: "ru" or "write"; `scope`: as in x-ms-throttle-scope; `seconds`: of one window."""

    name: str
    scope: str
    unit: str
    amount: int
    seconds: float
    reason: str


def limits_for(users: int, overrides: dict[str, int]) -> list[Limit]:
    """The documented limits for a tenant of this many users; `overrides`: amounts by limit name."""
    units = 3500 if users < 50 else 5000 if users <= 500 else 8000
    table = [
        Limit("appTenantUnits", "Tenant_Application", "ru", units, 10, "ResourceUnitLimitExceeded"),
        Limit("appTenantWrites", "Tenant_Application", "write", 3000, 150, "WriteLimitExceeded"),
        Limit("appUnits", "Application", "ru", 150_000, 20, "ResourceUnitLimitExceeded"),
        Limit("appWrites", "Application", "write", 70_000, 300, "WriteLimitExceeded"),
        Limit("tenantWrites", "Tenant", "write", 18_000, 300, "WriteLimitExceeded"),
    ]
    return [
        Limit(limit.name, limit.scope, limit.unit, overrides.get(limit.name, limit.amount), limit.seconds, limit.reason)
        for limit in table
    ]


def cost(call: Call) -> tuple[int, int]:
    """(resource units, writes) of a request, by facts §4 "Costs" and, for one user, as recorded (facts §20)."""
    if call.method != "GET":
        return 1, 1
    if tuple(call.segments) not in {("users",), ("users", "$count")}:
        return 1, 0
    options = parse_query(call.query)
    units = 2 - ("$select" in options) + ("$expand" in options)
    top = options.get("$top", "")
    if top.isdigit() and int(top) < 20:
        units -= 1
    return max(1, units), 0


@dataclass
class _Window:
    start: float
    seconds: float
    amount: int
    used: int = 0
    refused: int = 0


class Throttle:
    """Counters by limit and by whom it counts."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], list[_Window]] = {}

    def reset(self) -> None:
        self._windows.clear()

    def report(self) -> list[dict[str, Any]]:
        """What of each limit was used, window by window; times in seconds since the first of them."""
        first = min((windows[0].start for windows in self._windows.values()), default=0.0)
        return [
            {
                "limit": name,
                "app": app or None,
                "windows": [
                    {
                        "start": round(window.start - first, 3),
                        "seconds": window.seconds,
                        "amount": window.amount,
                        "used": window.used,
                        "refused": window.refused,
                    }
                    for window in windows
                ],
            }
            for (name, app), windows in self._windows.items()
        ]

    def charge(self, call: Call, tenant_id: str, limits: list[Limit], scale: float) -> dict[str, str]:
        """Charge a request and return its throttle headers. Raises GraphError 429, which costs nothing."""
        units, writes = cost(call)
        now = CLOCK.now()
        charged: list[tuple[_Window, int]] = []
        highest = 0.0
        for limit in limits:
            amount = units if limit.unit == "ru" else writes
            if not amount:
                continue
            key = (limit.name, call.principal.app_id if limit.scope != "Tenant" else "")
            window = self._window(key, limit, scale, now)
            if window.used + amount > limit.amount:
                window.refused += 1
                raise self._refusal(call, tenant_id, limit, window.start + window.seconds - now)
            charged.append((window, amount))
            highest = max(highest, (window.used + amount) / limit.amount)
        for window, amount in charged:
            window.used += amount
        headers = {"x-ms-resource-unit": str(units)}
        if highest >= 0.8:
            headers["x-ms-throttle-limit-percentage"] = f"{highest:.2f}"
        return headers

    def _window(self, key: tuple[str, str], limit: Limit, scale: float, now: float) -> _Window:
        windows = self._windows.setdefault(key, [])
        if not windows or now >= windows[-1].start + windows[-1].seconds:
            windows.append(_Window(now, limit.seconds * scale, limit.amount))
            del windows[:-_KEPT]
        return windows[-1]

    @staticmethod
    def _refusal(call: Call, tenant_id: str, limit: Limit, wait: float) -> GraphError:
        kind = "Write" if limit.unit == "write" else "ReadWrite"
        return GraphError(
            429,
            "TooManyRequests",
            "Too many requests",
            headers={
                "Retry-After": f"{max(math.ceil(wait * 1000), 1) / 1000:.3f}",
                "x-ms-throttle-limit-percentage": "1.00",
                "x-ms-throttle-scope": f"{limit.scope}/{kind}/{call.principal.app_id}/{tenant_id}",
                "x-ms-throttle-information": limit.reason,
            },
        )
