# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estate that is measured on: the lab with any number of plain users in both directories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import dc, emulator, estate

BASE = "OU=Bulk,DC=ad,DC=contoso,DC=com"
"""Below it are the plain users alone; the seed has others that cannot be matched."""

ROLE_GROUPS = 1
"""Role-assignable groups of the seed."""


@dataclass(frozen=True)
class Asked:
    """What the tenant was asked: HTTP requests; writes that it took, and when (seconds); items that it told to wait."""

    requests: int
    writes: int
    refused: int
    moments: list[float]


class Site:
    """A running lab. ``users`` is how many plain accounts both directories hold now."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.users = 0
        self.lab = estate.up(state)
        # The recorder keeps each body: at 50,000 users that would be measured too.
        self._settings: dict[str, Any] = {"record": False}

    def fill(self, users: int) -> None:
        """Give both directories that many plain users, with no ImmutableId in the cloud."""
        dc.seed(self.lab["ldap"], users)
        self.users = users
        self.empty()

    def empty(self) -> None:
        """The tenant as it was before any run."""
        self._control("POST", "reset")
        self._control("POST", "users", estate.twins(self.users))
        self._control("PUT", "settings", self._settings)

    def throttle(self, time_scale: float) -> None:
        """Enforce Graph's quotas with every window that much shorter (facts §4)."""
        self._control("PUT", "settings", {"throttle": {"enabled": True, "timeScale": time_scale}})

    def servers(self) -> dict[str, int]:
        """Pids by name."""
        return {"emulator": emulator.running(self.state), "Samba": dc.running(self.state)}

    def begin(self) -> None:
        self._control("DELETE", "counters")

    def asked(self) -> Asked:
        """What was asked since ``begin``."""
        found = self._control("GET", "counters")
        refused = sum(count for answer, count in found["answers"].items() if answer.endswith(" 429"))
        return Asked(sum(found["wire"].values()), len(found["writes"]), refused, found["writes"])

    def tenant_users(self) -> int:
        """Active users of the tenant, the seed's included."""
        return int(self._control("GET", "health")["users"])

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        return emulator.control(self.lab["graph_url"], Path(self.lab["ca_cert"]), method, path, body)
