# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AD objects as they were found, and what is kept of those that are users."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..core.records import AdUser, RawAttributes
from .faults import object_fault
from .marks import NO_MARKS, Marks
from .protected_accounts import Protection


@dataclass(frozen=True)
class AdObject:
    """An object as it was found: its distinguished name, and raw values by lower-case attribute name."""

    distinguished_name: str
    attributes: RawAttributes
    with_attributes: bool = False
    """Whether the user has the values that a sync sends."""
    with_protection: bool = False
    """Whether what shows that an account is protected was read."""
    marks: Marks = NO_MARKS

    @property
    def guid(self) -> bytes:
        return self.attributes["objectguid"][0]

    @cached_property
    def fault(self) -> str | None:
        """What cannot be used of the object, in a sentence; None if all of it can."""
        return object_fault(self.distinguished_name, self.attributes)


@dataclass(frozen=True, slots=True)
class FoundUser:
    """What is kept of an object that was found: the raw values of thousands of users are several times as large.

    ``user`` is the AD user as it was read, only with its name and its GUID if there is a ``fault``, which says in a
    sentence what cannot be used. ``consistency`` is mS-DS-ConsistencyGuid, empty for none. ``protection``: the raw
    values that show whether the account is protected, if they were read.
    """

    guid: bytes
    user: AdUser
    consistency: bytes = b""
    fault: str | None = None
    protection: Protection | None = None
    marks: Marks = NO_MARKS
