# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the history of a few accounts. Its attributes are large, so no listing of users has them."""

from __future__ import annotations

from collections.abc import Iterable

from ..._identity.ad.account_history import HISTORY_ATTRIBUTES, AccountHistory, read_history
from ..._identity.ad.faults import has_guid
from ..._identity.core.identities.anchors import OBJECT_GUID, guid_text, parse_guid
from ..session import filters
from ..session.connection import Session
from ..session.search import paged_entries


def read_histories(session: Session, domain: str, guids: Iterable[str]) -> dict[str, AccountHistory]:
    """Return the histories of the accounts with these dashed GUIDs, by GUID.

    :raises LdapError: if the directory cannot be read.
    """
    found = {}
    for chosen in filters.any_of_each(filters.equals(OBJECT_GUID, parse_guid(guid).bytes_le) for guid in guids):
        for entry in paged_entries(session, domain, chosen, (OBJECT_GUID, *HISTORY_ATTRIBUTES)):
            if has_guid(entry.attributes):
                found[guid_text(entry.attributes[OBJECT_GUID.lower()][0])] = read_history(entry.attributes)
    return found
