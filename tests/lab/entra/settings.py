# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control plane can set. Kept with the store (faults are not: they count down)."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    "tokenLifetimeSeconds": 3599,
    "readLagReads": 0,
    "provisionLagReads": 0,
    "quarantineIntervalSeconds": 3600,
    "anyRoleBlocksHardMatch": False,
    "appsReadSynchronization": False,
    "pimLicence": True,
    "record": True,
    "throttle": {"enabled": False, "timeScale": 1.0, "limits": {}},
    "faults": [],
}
_ACTS = {
    "aadsts", "status", "code", "message", "details", "innerError", "headers", "latency", "hold", "reset", "truncate",
}  # fmt: skip
_FAULT_KEYS = {"method", "path", "query", "count", "skip", "after"} | _ACTS


def merged(current: dict[str, Any], changes: Any) -> dict[str, Any]:
    """`current` with `changes` put over it, one level deep. Raises ValueError with a sentence for the caller."""
    if not isinstance(changes, dict):
        raise ValueError("Settings are a JSON object.")
    result = {**DEFAULTS, **current}
    for name, value in changes.items():
        if name not in DEFAULTS:
            raise ValueError(f"Unknown setting '{name}': use one of {', '.join(sorted(DEFAULTS))}.")
        if name == "throttle":
            _check_throttle(value)
            result[name] = {**result["throttle"], **value}
            continue
        if name == "faults":
            _check_faults(value)
        elif name in ("record", "anyRoleBlocksHardMatch", "appsReadSynchronization", "pimLicence"):
            if not isinstance(value, bool):
                raise ValueError(f"'{name}' is true or false.")
        elif name in ("readLagReads", "provisionLagReads"):
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"'{name}' is a number of reads, not negative.")
        elif isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ValueError(f"'{name}' is a number of seconds, not negative.")
        result[name] = value
    return result


def _check_throttle(value: Any) -> None:
    unknown = set(value) - {"enabled", "timeScale", "limits"} if isinstance(value, dict) else {"?"}
    if unknown:
        raise ValueError("'throttle' is an object of enabled, timeScale and limits.")
    scale = value.get("timeScale", 1.0)
    if isinstance(scale, bool) or not isinstance(scale, int | float) or scale <= 0:
        raise ValueError("'throttle.timeScale' is a number above 0: 0.1 makes every window ten times shorter.")


def _check_faults(value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(fault, dict) for fault in value):
        raise ValueError("'faults' is a list of objects.")
    for fault in value:
        if set(fault) - _FAULT_KEYS:
            raise ValueError(f"A fault may hold: {', '.join(sorted(_FAULT_KEYS))}.")
