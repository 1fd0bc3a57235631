# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OData parser and the filters, as pure functions: whatever comes in, an answer or Graph's 400 comes out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.entra import odata
from lab.entra.errors import GraphError
from lab.entra.filters import UserFilter

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
WORDS = [
    *["(", ")", ",", ":", "eq", "ne", "in", "ge", "and", "or", "not", "any", "null", "true", "'x'", "'o''b'", "'", "5"],
    *["mail", "id", "accountEnabled", "proxyAddresses/any", "p", "p/x", "startswith", "endswith", "o:o/category"],
    *["onPremisesProvisioningErrors/any", "2026-01-01T00:00:00Z"],
]
PIECES = st.lists(st.sampled_from(WORDS), max_size=12)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@given(TEXT)
def test_a_quoted_text_is_read_back(text: str) -> None:
    assert odata.parse_filter(f"mail eq {_quoted(text)}") == odata.Compare("mail", "eq", text)


@given(st.one_of(TEXT, PIECES.map(" ".join), PIECES.map("".join)), st.booleans())
def test_any_text_is_a_filter_or_a_400(text: str, advanced: bool) -> None:
    user: dict[str, Any] = {"mail": "x", "accountEnabled": True, "proxyAddresses": ["x"], "id": "x"}
    status = 400
    try:
        checked = UserFilter(text, advanced)
        assert all(checked.matches(record) in (True, False) for record in ({}, user))
    except GraphError as error:
        status = error.status
    assert status == 400


@given(st.lists(TEXT.filter(bool), min_size=1, max_size=15))
def test_the_index_covers_every_match(values: list[str]) -> None:
    checked = UserFilter(f"mail in ({','.join(map(_quoted, values))})", advanced=False)
    assert checked.index_pairs is not None
    for value in values:
        assert checked.matches({"mail": value})
        assert ("mail", value.lower()) in checked.index_pairs


def test_precedence() -> None:
    node = odata.parse_filter("id eq '1' or id eq '2' and not id eq '3'")
    assert isinstance(node, odata.Or)
    assert isinstance(node.parts[1], odata.And)


@pytest.mark.parametrize("text", ["mail eq 'a' or 1 eq 1", "mail eq 'a''", 'mail eq "a"', "mail eq 'a' --"])
def test_injections_are_syntax_errors(text: str) -> None:
    with pytest.raises(GraphError, match="Syntax error at position"):
        odata.parse_filter(text)


def test_a_query_string() -> None:
    assert odata.parse_query("$filter=a+b%2Bc&%24top=5&x=") == {"$filter": "a b+c", "$top": "5", "x": ""}
    with pytest.raises(GraphError):
        odata.parse_query("$top=1&$top=2")
