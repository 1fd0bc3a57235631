# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""80 altered journals: whatever a journal says, a rollback writes only to what it names, and does not crash."""

from __future__ import annotations

import copy
import re

import pytest
from estate import IDS, VALUES, Estate
from forest_script import guid
from ldap_wire import Delete, Modify
from rolled_back import MADE, filled_entry, make_accounts
from support.alterations import altered_journal, chance

# About what a file says: no ansible-core changes that.
pytestmark = pytest.mark.once

JOURNALS = 80


def test_altered_journals(estate: Estate) -> None:
    make_accounts(estate, "anna", "bob")
    estate.directory.change("carl", department=["Sales"], mS_DS_ConsistencyGuid=[guid(3).bytes_le])
    estate.write_journal(
        MADE,
        filled_entry(3, "carl", "department", ["Press"], ["Sales"]),
        filled_entry(3, "carl", "mS-DS-ConsistencyGuid", None, str(guid(3))),
    )
    estate.match(MADE)
    path = estate.journal_of(MADE)
    written, held, users = path.read_bytes(), copy.deepcopy(estate.directory.held), copy.deepcopy(estate.graph.users)
    ours = {f"<GUID={guid(number)}>".encode() for number in (1, 2, 3)}
    removed = cleared = 0
    for number in range(JOURNALS):
        path.write_bytes(altered_journal(written, chance("journal", number)))
        estate.directory.held.clear()
        estate.directory.held.update(copy.deepcopy(held))
        estate.graph.users = copy.deepcopy(users)
        estate.directory.requests.clear()
        result = estate.roll_back(MADE, max_refused="100%")
        case = f"journal {number}: {result}"
        assert "trace" not in result, case
        assert {each.name for each in estate.directory.writes if isinstance(each, (Modify, Delete))} <= ours, case
        for name, value in estate.values().items():
            assert value in (None, VALUES[name]), case
        assert re.search("msg|verdict", " ".join(result)), case
        removed += sum(isinstance(each, Delete) for each in estate.directory.writes)
        cleared += sum(value is None for value in estate.values().values())
    assert 0 < removed < 2 * JOURNALS
    assert 0 < cleared < len(IDS) * JOURNALS
