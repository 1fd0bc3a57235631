# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the service's limits from an answer's headers (facts §4, Microsoft: "Microsoft Graph throttling guidance")."""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

RETRY_STATUSES = frozenset({429, 503, 504})
"""The statuses that Microsoft's throttling guide says to retry. The SDK's middleware does so, but not in a batch."""

WRITES, UNITS = "writes", "units"
"""Graph's two limits: on writes, and on resource units, which reads and writes cost."""

_REASONS = {"writelimitexceeded": WRITES, "resourceunitlimitexceeded": UNITS}


def header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header's value, None if it is missing. ``name`` is lower-case; the header's name may have any case."""
    return next((value for key, value in headers.items() if key.lower() == name), None)


def retry_after(headers: Mapping[str, str], epoch: float) -> float | None:
    """Return the seconds in ``Retry-After``, which may be fractional (facts §4) or a date; None if there are none.

    ``epoch`` is the current time in seconds since the epoch.
    """
    value = header(headers, "retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is not None:
        return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - epoch)
    except (TypeError, ValueError, OverflowError):
        return None


def fullness(headers: Mapping[str, str]) -> float | None:
    """Return how much of a limit is used up (1.0: all of it); None below 0.8, which Graph does not report."""
    return _number(header(headers, "x-ms-throttle-limit-percentage"))


def units(headers: Mapping[str, str]) -> float:
    """Return the request's cost in resource units; 1, the minimum, if the answer does not say."""
    return max(_number(header(headers, "x-ms-resource-unit")) or 1.0, 1.0)


def limit_met(headers: Mapping[str, str]) -> str | None:
    """Return the limit that a refusal names by its reason, or else by its scope: WRITES, UNITS, or None for others."""
    reason = (header(headers, "x-ms-throttle-information") or "").strip().lower()
    if reason:
        return _REASONS.get(reason)
    # <scope>/<limit>/<application>/<tenant>; the limit is Read, Write or ReadWrite.
    scope = (header(headers, "x-ms-throttle-scope") or "").lower().split("/")
    return WRITES if scope[1:2] == ["write"] else UNITS if len(scope) > 1 else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
