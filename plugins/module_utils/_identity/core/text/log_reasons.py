# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reasons as logs show them. Many people can read the log of a CI job, so it names no administrator's role or group.

Plans, results and the page of a report have the whole reason.
"""

from __future__ import annotations

from typing import Final

from ..accepted_effects import PRIVILEGED_AD_ACCOUNT

PROTECTED: Final = "The user is protected; the plan or the result says why."

PROTECTIVE_CAUSES: Final = frozenset(
    {
        PRIVILEGED_AD_ACCOUNT,
        "admin_role",
        "privileged_role",
        "directory_role",
        "eligible_role",
        "role_assignable_group",
        "app_owner",
    }
)
"""The causes whose reasons say what makes a user an administrator."""

_DISABLED: Final = ("the account is protected", "; an administrator must enable it")


def stays_disabled_reason(why: str) -> str:
    """Return the clause that leaves a protected account disabled; ``why`` is a clause too."""
    return f", because {why}".join(_DISABLED)


def log_reason(reason: str | None, cause: str | None = None) -> str | None:
    """Return a reason without what makes somebody an administrator. ``cause`` is that of the reason."""
    if cause in PROTECTIVE_CAUSES:
        return PROTECTED
    before, found, rest = (reason or "").partition(f"{_DISABLED[0]}, because ")
    if not found:
        return reason
    # A reason that was cut has no end, and what is left of it is the why.
    _why, end, after = rest.rpartition(_DISABLED[1])
    return f"{before}{''.join(_DISABLED)}{after if end else ''}"
