# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the account that signed in may do with objects, and the server's time. Nothing is tried (facts §23)."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

from ..._identity.preconditions.directory import Rights
from ..session.connection import Session
from ..session.filters import all_of, equals, negated
from ..session.search import SUBTREE, Entry, paged_entries, read_entry

_KNOWN, _WRITABLE, _CLASSES = "allowedAttributes", "allowedAttributesEffective", "allowedChildClassesEffective"
SAMPLE = 20
"""So many users are looked at. Their rights come from the organizational units, so all of them need not be read."""


def read_time(session: Session) -> datetime | None:
    """Return the server's time, from the rootDSE; None if it does not tell.

    :raises LdapError: if the server does not answer.
    """
    root = read_entry(session, "", ("currentTime",))
    text = (root.text("currentTime") if root else None) or ""
    try:
        # Generalized time, such as 20261130101500.0Z.
        return datetime.strptime(text.partition(".")[0].rstrip("Z"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def read_rights(session: Session, name: str) -> Rights:
    """Return the rights on one object. They are empty if the account may not see it.

    :raises LdapError: if there is no such object, or if it cannot be read.
    """
    entry = read_entry(session, name, (_KNOWN, _WRITABLE, _CLASSES))
    return _rights(entry) if entry else Rights(name)


def sample_rights(session: Session, base: str, filter_text: str) -> list[Rights]:
    """Return the rights on some of the objects below ``base``. Protected accounts inherit no rights, and do not count.

    :raises LdapError: if they cannot be searched.
    """
    unprotected = all_of([filter_text, negated(equals("adminCount", "1"))])
    found = paged_entries(session, base, unprotected, (_KNOWN, _WRITABLE), SUBTREE, page_size=SAMPLE)
    return list(map(_rights, islice(found, SAMPLE)))


def _rights(entry: Entry) -> Rights:
    known, writable, classes = (
        frozenset(text.lower() for text in entry.texts(name)) for name in (_KNOWN, _WRITABLE, _CLASSES)
    )
    return Rights(entry.distinguished_name, known, writable, classes)
