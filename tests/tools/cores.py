# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ansible-core runs on which Python, and which have a session. Nothing here looks at the machine."""

from __future__ import annotations

from collections.abc import Mapping

# ansible-core -> Pythons of its controller, the preferred one first: each Python meets an old and a new ansible-core.
CONTROLLER_PYTHONS = {
    "2.16": ("3.11", "3.12"),
    "2.18": ("3.12", "3.11", "3.13"),
    "2.19": ("3.13", "3.11", "3.12"),
    "2.20": ("3.12", "3.14", "3.13"),
    "2.21": ("3.13", "3.12", "3.14"),
    "2.22": ("3.13", "3.14"),
}
# Not released yet: `==2.22.*` finds no release candidate. Such a core gets unit tests only.
CANDIDATES = {"2.22": "2.22.0rc1"}
RELEASED = tuple(core for core in CONTROLLER_PYTHONS if core not in CANDIDATES)
OLDEST = RELEASED[0]
# Run playbooks as 2.16 does (2.18), or with the templating of 2.21 (2.19 and 2.20), so their tests run on those two.
# Modules are tested on each.
SAME_PLAYBOOKS = ("2.18", "2.19", "2.20")
# The first ansible-core that runs PowerShell modules on a POSIX system.
FIRST_WITH_POSIX_POWERSHELL = "2.21"


def requirement(core: str) -> str:
    """Return what pip installs for an ansible-core ("2.21"): its latest release, or the release candidate."""
    return f"ansible-core=={CANDIDATES.get(core, f'{core}.*')}"


def number(version: str) -> tuple[int, ...]:
    """Return a version such as "3.11" in a form that can be compared."""
    return tuple(int(part) for part in version.split("."))


def newest_for(python: str) -> str:
    """Return the newest released ansible-core that runs on a Python ("3.12")."""
    return max((core for core in RELEASED if python in CONTROLLER_PYTHONS[core]), key=number)


def whole_runs(pythons: Mapping[str, str], newest: str) -> set[str]:
    """Return the ansible-cores whose session runs all unit tests; the others leave out those that need no Ansible.

    `pythons` holds the Python of each ansible-core that has one here. Coverage is measured in the session of `newest`.
    The other whole run is on the oldest Python, if that is another one.
    """
    oldest = min(pythons, key=lambda core: number(pythons[core]), default=newest)
    return {newest} if pythons.get(oldest) == pythons.get(newest) else {newest, oldest}


def integration(newest: str) -> list[str]:
    """Return the ansible-cores of the integration sessions: the oldest, and the newest that this machine runs."""
    return list(dict.fromkeys((OLDEST, newest)))
