# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the doctor is asked, and how it goes on when a check cannot be made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..._identity.core.errors import IdentityError
from ..._identity.core.scope.exclusions import NOBODY_EXCLUDED, Exclusions
from ..._identity.preconditions.checks import UNKNOWN, Check, by_error, unknown
from ..._identity.preconditions.connect_server import AUTO
from ..._ldap.users.scope import Scope

NEVER = "never"
"""The value of write_consistency_guid that writes nothing."""


@dataclass(frozen=True)
class Question:
    """What a run is to do. ``paths``: where accounts would be made. ``connect_servers``: what was read of each server.

    ``scope`` is None if it is not given.
    """

    stages: Sequence[str]
    domains: Sequence[str] = ()
    paths: Sequence[str] = ()
    scope: Scope | None = None
    exclusions: Exclusions = NOBODY_EXCLUDED
    write_consistency_guid: str = NEVER
    source_anchor: str = AUTO
    connect_servers: Sequence[Mapping[str, Any]] = field(default=())


def kept_going(name: str, what: str, check: Callable[[], list[Check]]) -> list[Check]:
    """Return the checks that a function makes; if it fails, one that says why it is unknown."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - one check must not hide the others
        return [failed(name, what, error)]


def failed(name: str, what: str, error: Exception) -> Check:
    """Return the check that could not be made because of an exception. ``what`` was to be checked."""
    if isinstance(error, IdentityError):
        return by_error(name, error.message, UNKNOWN)
    # The text of the exception is not shown, because it may hold anything.
    return unknown(
        name,
        f"{what} could not be checked because of an unexpected exception ({type(error).__name__}).",
        "Report it.",
    )
