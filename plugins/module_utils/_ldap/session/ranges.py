# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes with more values than a server sends at once (MS-ADTS 3.1.1.3.1.3.3): ``name;range=0-1499``."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_RANGE = re.compile(r"(?P<name>[^;]+);range=(?P<first>\d{1,9})-(?P<last>\d{1,9}|\*)", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """Some values of an attribute. ``first``: the place of the first one. ``following``: that of the next, if any."""

    name: str
    first: int
    following: int | None
    values: Sequence[bytes]

    @property
    def rest(self) -> str:
        """The attribute description that requests all further values."""
        return f"{self.name};range={self.following}-*"


def read_parts(raw: Mapping[str, Sequence[bytes] | None]) -> tuple[dict[str, Sequence[bytes]], list[Part]]:
    """Return the whole attributes by lower-case name, and the parts of those that arrived in ranges.

    ``raw`` holds the values by attribute description. Attributes without values are left out.
    """
    whole: dict[str, Sequence[bytes]] = {}
    parts = []
    for description, values in raw.items():
        found = _RANGE.fullmatch(description)
        if found is None:
            if values:
                # What objects share takes no more memory for each, which counts for those of a whole domain.
                whole[sys.intern(description.lower())] = _shared(tuple(values))
            continue
        first, last = int(found["first"]), found["last"]
        following = None if last == "*" else int(last) + 1
        parts.append(Part(found["name"].lower(), first, following, values or ()))
    return whole, parts


@lru_cache(maxsize=1024)
def _shared(values: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return the same tuple for equal values. Many objects have the same class, flags or department."""
    return values
