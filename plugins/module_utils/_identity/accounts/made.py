# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which accounts a journal records as made by this collection, by GUID.

The line that is on the disk before an account is made names it by its UPN, because the directory chooses the GUID. A
second line, after it was made, has the GUID. A UPN may belong to another account by now; a GUID never does.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..core.identities.anchors import guid_text
from ..core.journal import WRITTEN, Journal, JournalEntry
from .changes import CREATED, AccountChange

MADE = "made"
"""The attribute that these lines name."""


def list_made(changes: Iterable[AccountChange], place: tuple[str, str]) -> list[JournalEntry]:
    """Return the journal's lines for the accounts that were made, without those whose GUID is not known."""
    return [
        JournalEntry(guid_text(change.guid), change.request.upn, MADE, None, change.found.distinguished_name, place)
        for change in changes
        if change.status == CREATED and change.found and change.guid
    ]


def made_accounts(journal: Journal) -> frozenset[str]:
    """Return the GUIDs, dashed, of all accounts that a journal records as made. A GUID is unique in all domains."""
    return frozenset(
        line.entry.id for line in journal.lines if line.entry.attribute == MADE and line.outcome == WRITTEN
    )
