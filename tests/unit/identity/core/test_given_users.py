# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a playbook gives as users: names, records, and rows of a file with keys of its own."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.given.users import (
    describe_keys,
    read_users,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import read_expectations

ID = "6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11"
# As Excel writes it: with a byte order mark.
CSV = "\ufeffUserPrincipalName,ObjectGUID,ImmutableId\nadele@contoso.com,876031de-bfb1-4f8b-9cb0-1c67a6094d3e,\n"


def rows(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_names_become_records() -> None:
    assert read_users(["adele@contoso.com", ID, {"id": ID, "note": "x"}]) == [
        {"user_principal_name": "adele@contoso.com"},
        {"id": ID},
        {"id": ID, "note": "x"},
    ]


@pytest.mark.parametrize(
    ("entry", "needs", "words"),
    [
        ("adele", "", "Record 2 of users is a string, but neither a user principal name nor an object id; use a dict"),
        ("upn=adele@contoso.com password=x", "", "Record 2 of users is a string, but neither a user principal name"),
        ("adélé@contoso.com", "", "Record 2 of users: "),
        (7, "", "Record 2 of users is a value of the type int; use a dictionary with the key user_principal_name"),
        (None, "", "Record 2 of users is a value of the type NoneType"),
        (
            "adele@contoso.com",
            "immutable_id or object_guid",
            "Record 2 of users is only a name, adele@contoso.com; use a dictionary with the keys user_principal_name "
            "and immutable_id or object_guid.",
        ),
    ],
)
def test_an_entry_that_will_not_do(entry: Any, needs: str, words: str) -> None:
    with pytest.raises(InputError) as raised:
        read_users([{"id": ID}, entry], needs)
    assert raised.value.message.startswith(words)
    assert "password" not in raised.value.message


@pytest.mark.parametrize("read", [read_requests, read_expectations])
def test_the_columns_of_a_csv_file_are_named(read: Any) -> None:
    with pytest.raises(InputError) as raised:
        read(rows(CSV))
    assert raised.value.message == (
        "Record 1 of users identifies no user; add user_principal_name or id. Found: the keys "
        "'\\ufeffUserPrincipalName', 'ObjectGUID', 'ImmutableId'. Rename '\\ufeffUserPrincipalName' to "
        "user_principal_name. Rename 'ObjectGUID' to object_guid. Rename 'ImmutableId' to immutable_id. \\ufeff is the "
        "byte order mark that begins the file; save the file without it."
    )


def test_a_misspelt_column_of_the_value_is_named() -> None:
    request = read_requests([{"user_principal_name": "adele@contoso.com", "ObjectGUID": ID}])[0]
    assert request.refusal
    assert request.refusal.cause == "malformed_immutable_id"
    assert request.refusal.reason == (
        "The record of adele@contoso.com has neither immutable_id nor object_guid; add one of them. Rename "
        "'ObjectGUID' to object_guid."
    )


def test_a_key_of_ours_is_not_renamed() -> None:
    """Nobody can tell which of the two is meant."""
    assert describe_keys({"user_principal_name": "", "UPN": "x"}) == "Found: the keys 'user_principal_name', 'UPN'."


def test_many_keys_are_cut() -> None:
    told = describe_keys({f"Column {number}": "" for number in range(12)})
    assert told.endswith("'Column 9' and 2 more.")
    assert "Column 10" not in told


def test_no_keys() -> None:
    assert describe_keys({}) == ""
