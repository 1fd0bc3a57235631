# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters, as a playbook calls them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from support.nasty_text import FORGED, INVISIBLE, NASTY_TEXT

from ansible_collections.hybrid.identity.plugins.filter import immutable_id, visible
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.outcome_table import users_table

TO = immutable_id.FilterModule().filters()["guid_to_immutable_id"]
BACK = immutable_id.FilterModule().filters()["immutable_id_to_guid"]
TABLE = users_table
VISIBLE = visible.FilterModule().filters()["visible"]


@pytest.mark.parametrize(
    ("guid", "value"),
    [
        ("c8c6569e-4688-4f3c-8462-afc4ff60817b", "nlbGyIhGPE+EYq/E/2CBew=="),
        ("876031de-bfb1-4f8b-9cb0-1c67a6094d3e", "3jFgh7G/i0+csBxnpglNPg=="),
        ("{876031DE-BFB1-4F8B-9CB0-1C67A6094D3E}", "3jFgh7G/i0+csBxnpglNPg=="),
    ],
)
def test_vectors(guid: str, value: str) -> None:
    assert TO(guid) == value
    assert BACK(value) == guid.strip("{}").lower()


@pytest.mark.parametrize(
    "text", ["", "not a guid", "876031debfb14f8b9cb01c67a6094d3e", "876031de-bfb1-4f8b-9cb0-1c67a6094d3", None]
)
def test_what_is_no_guid(text: object) -> None:
    with pytest.raises(AnsibleFilterError, match="is not a GUID; write it as"):
        TO(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3jFgh7G/i0+csBxnpglNPg",
        "3jFgh7G/i0+csBxnpglNPh==",
        "3jFgh7G_i0-csBxnpglNPg==",
        " 3jFgh7G/i0+csBxnpglNPg==",
    ],
)
def test_what_is_no_immutable_id(text: str) -> None:
    with pytest.raises(AnsibleFilterError, match="is not an ImmutableId; it must be base64"):
        BACK(text)


def test_an_immutable_id_of_other_bytes() -> None:
    with pytest.raises(AnsibleFilterError, match="holds 3 bytes, but a GUID has 16"):
        BACK("AAAA")


def test_the_table_counts_first_and_names_those_left_alone() -> None:
    users: list[dict[str, Any]] = [
        {"user_principal_name": "zoe@contoso.com", "status": "refused", "reason": "Zoe is synchronised."},
        {"user_principal_name": "Abe@contoso.com", "status": "refused", "reason": "Abe is too."},
        {"identity": "nobody", "status": "not_found", "reason": "No such AD user."},
        {"user_principal_name": "a@contoso.com", "status": "set", "reason": None},
        {"user_principal_name": "b@contoso.com", "status": "set", "reason": None},
    ]
    assert [" ".join(line.split()) for line in TABLE(users)] == [
        "refused 2",
        "not found 1",
        "ImmutableId set 2",
        "refused: Abe@contoso.com: Abe is too.",
        "refused: zoe@contoso.com: Zoe is synchronised.",
        "not found: nobody: No such AD user.",
    ]


def test_the_table_names_no_more_than_asked() -> None:
    users = [{"user_principal_name": f"{n}@contoso.com", "status": "refused", "reason": f"No {n}."} for n in range(5)]
    assert TABLE(users, 2)[-1] == "... and 3 more"


def test_a_reason_of_many_users_is_one_line() -> None:
    users = [{"user_principal_name": f"{n}@contoso.com", "status": "refused", "reason": "Why."} for n in range(5)]
    users += [{"user_principal_name": "z@contoso.com", "status": "refused", "reason": "Another."}]
    assert TABLE(users)[1:] == [
        "refused: 0@contoso.com, 1@contoso.com, 2@contoso.com and 2 more: Why.",
        "refused: z@contoso.com: Another.",
    ]
    assert TABLE(users[::-1], 1)[-1] == "... and 1 more"


def test_the_table_of_accounts() -> None:
    users: list[dict[str, Any]] = [
        {"user_principal_name": "a@contoso.com", "status": "created", "after": {}, "reason": None},
        {"user_principal_name": "b@contoso.com", "status": "unchanged", "after": {}, "reason": None},
        {"user_principal_name": "c@contoso.com", "status": "refused", "after": {}, "reason": "No."},
    ]
    assert [" ".join(line.split()) for line in TABLE(users)] == [
        "refused 1",
        "account created 1",
        "unchanged 1",
        "refused: c@contoso.com: No.",
    ]


@given(NASTY_TEXT)
def test_no_name_forges_a_line_of_the_table(name: str) -> None:
    users = [
        {"user_principal_name": f"x{name}", "status": status, "reason": name} for status in ("refused", f"x{name}")
    ]
    lines = TABLE(users)
    assert not set("".join(lines)) & INVISIBLE
    assert len("\n".join(lines).splitlines()) == 4


def test_no_error_of_a_filter_forges_a_line() -> None:
    for name in (TO, BACK):
        with pytest.raises(AnsibleFilterError) as caught:
            name(FORGED)
        assert not set(str(caught.value)) & INVISIBLE


def test_a_name_in_a_message() -> None:
    assert VISIBLE("anna\n\x1b[2J") == "anna\\n\\x1b[2J"
    assert VISIBLE(None) == "None"
