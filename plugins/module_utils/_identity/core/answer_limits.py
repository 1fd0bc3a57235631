# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a server may answer, so that a broken or hostile one fills neither the memory nor the time of a run.

All limits leave room for 50,000 users and more: a page of 999 users with all their addresses has 2 to 5 MB.
"""

from __future__ import annotations

MIB = 1024 * 1024

MAX_GRAPH_ANSWER = 64 * MIB
"""Bytes of one answer of Graph, decompressed: ten times the largest page, or a batch of 20 of the usual ones."""

MAX_LDAP_ANSWER = 256 * MIB
"""Bytes of one page of an LDAP search. A rollback reads all attributes of 300 objects, photographs included."""

MAX_OBJECT = 8 * MIB
"""Bytes of the values of one object. About 1,300 addresses fit into an AD object, which is less than 2 MB."""

SMALLEST_PAGE = 100
"""Objects in a page on average, at least. It is Graph's size for a page if none is asked for."""

SPARE_PAGES = 100
"""Pages beyond those that a count explains: the count may lag behind, and Graph and AD may send empty pages."""

MAX_OBJECTS = 1_000_000
"""Objects in a listing whose size is not known."""


MOST_COUNTED = 10_000_000
"""The most objects that a count explains. A count is an answer too; the largest tenants have a few million users."""


def most_pages(count: int | None) -> int:
    """Return how many pages a listing of this many objects may have; ``count`` is None if it is not known."""
    return -(-(MAX_OBJECTS if count is None else min(count, MOST_COUNTED)) // SMALLEST_PAGE) + SPARE_PAGES
