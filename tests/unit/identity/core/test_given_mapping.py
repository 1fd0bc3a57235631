# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mappings as people write them: a table that can be read in two ways is refused."""

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.given.mapping import (
    parse_mapping,
    read_mapping,
)

ACCOUNT, CLOUD = "0f5e3d2c-1b4a-4c8d-9e7f-2a6b5c4d3e2f", "7c9e6679-7425-40de-944b-e07fc1f90ae7"
OTHER = "7c9e6679-7425-40de-944b-e07fc1f90ae8"
WRONG = {
    "a column twice": (f"object_guid,id,id\n{ACCOUNT},{CLOUD},{OTHER}\n", "has the column id 2 times; keep one"),
    "an empty cell": (f"object_guid,id\n{ACCOUNT},\n", "Entry 1 of mapping /p.csv has no value for id."),
    "a short line": (f"object_guid,id\n{ACCOUNT}\n", "Entry 1 of mapping /p.csv has no value for id."),
    "only commas": (f"object_guid,id\n{ACCOUNT},{CLOUD}\n,\n", "Entry 2 of mapping /p.csv has no value for object_"),
    "a large header": (f"object_guid,{'n' * 200_000},id\n", "Line 1 of mapping /p.csv is not valid CSV"),
    "a large cell": (f"object_guid,id\n{ACCOUNT},{'n' * 200_000}\n", "Line 2 of mapping /p.csv is not valid CSV"),
    "a quotation mark": (f'object_guid,id\n{ACCOUNT},{CLOUD}\n"x"y,z\n', "Line 3 of mapping /p.csv is not valid CSV"),
    "two accounts": (f"object_guid,id\n{ACCOUNT},{CLOUD}\n{{{ACCOUNT.upper()}}},{OTHER}\n", "have the same account"),
    "a blank": (f"object_guid, id\n{ACCOUNT},{CLOUD}\n", "Rename ' id' to id."),
    "NUL": (f"object_guid,id\n{ACCOUNT}\0,{CLOUD}\n", "\\x00"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_table_that_is_refused(case: str) -> None:
    text, words = WRONG[case]
    with pytest.raises(InputError) as raised:
        parse_mapping(text.encode(), "/p.csv")
    assert words in raised.value.message
    assert len(raised.value.message) < 400


def test_another_column_twice_is_ignored() -> None:
    text = f"name,object_guid,name,id,,\n\na,{{{ACCOUNT.upper()}}},b,{CLOUD.upper()},,\n\n"
    assert parse_mapping(text.encode(), "/p.csv") == {ACCOUNT: CLOUD}


@pytest.mark.parametrize("key", ["object_guid", "id"])
def test_a_long_value_is_cut(key: str) -> None:
    with pytest.raises(InputError) as raised:
        read_mapping([{"object_guid": ACCOUNT, "id": CLOUD, key: "x" * 5000}])
    assert len(raised.value.message) < 200


def test_ten_thousand_pairs() -> None:
    rows = [(f"{ACCOUNT[:-12]}{number:012x}", f"{CLOUD[:-12]}{number:012x}") for number in range(10_000)]
    text = "\r\n".join(map(",".join, [("object_guid", "id"), *rows]))
    assert parse_mapping(text.encode("utf-8-sig"), "/p.csv") == dict(rows)
