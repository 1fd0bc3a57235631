# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of new accounts: always allowed, always different, always the same for the same people."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.names import (
    child_dn,
    cn_base,
    distinct_cn,
    sam_base,
    sam_problem,
    shortened,
    unique_sams,
    utf16_length,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.comparison import ad_key
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.distinguished_names import (
    dn_key,
)

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=90)
UPNS = st.builds("{}@contoso.com".format, TEXT)
FORBIDDEN = set("\"[]:;|=+*?<>/\\,'@")


@pytest.mark.parametrize(
    ("upn", "name"),
    [
        ("anna.berg@contoso.com", "anna.berg"),
        ("o'hara@contoso.com", "ohara"),
        ("Jürgen.Groß@contoso.com", "Jurgen.Gross"),
        ("søren.łukasz@contoso.com", "soren.lukasz"),
        ("a.name.that.is.far.too.long.for.it@contoso.com", "a.name.that.is.far.t"),
        ("nineteen.characters..more@contoso.com", "nineteen.characters"),
        ("*()\\#,x@contoso.com", "x"),
        ("MSOL_1@contoso.com", "u-MSOL_1"),
        ("krbtgt@contoso.com", "u-krbtgt"),
        ("иван@contoso.com", "user-d8edb"),
    ],
)
def test_a_name_from_a_upn(upn: str, name: str) -> None:
    assert sam_base(upn) == name


@given(UPNS)
def test_a_name_is_one_that_ad_takes(upn: str) -> None:
    name = sam_base(upn)
    assert 1 <= len(name) <= 20
    assert not FORBIDDEN & set(name)
    assert not name.endswith(".")
    assert name.isascii()
    assert sam_problem(name) is None
    assert sam_base(upn) == name


@given(st.lists(UPNS, unique_by=ad_key, max_size=30), st.lists(TEXT, max_size=5), st.randoms())
def test_names_are_different_and_do_not_depend_on_the_order(
    upns: list[str], others: list[str], chance: random.Random
) -> None:
    # All of one base: everybody but the first has to give way.
    bases = dict.fromkeys(upns, "john.smith")
    taken = [*others, *(["JOHN.SMITH"] if len(upns) % 2 else [])]
    names = unique_sams(bases, taken)
    assert len({ad_key(name) for name in names.values()} - {ad_key(name) for name in taken}) == len(upns)
    assert all(sam_problem(name) is None for name in names.values())
    shuffled = list(bases.items())
    chance.shuffle(shuffled)
    assert unique_sams(dict(shuffled), taken) == names


def test_who_was_made_already_does_not_change_the_name_of_the_rest() -> None:
    bases = {f"john.smith@{domain}": "john.smith" for domain in ("contoso.com", "fabrikam.com", "x.org")}
    names = unique_sams(bases, [])
    first = names.pop("john.smith@contoso.com")
    assert unique_sams(dict.fromkeys(names, "john.smith"), [first]) == names


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "0 characters"),
        ("a" * 21, "21 characters"),
        ("a*b", "'*'"),
        ("o'hara", "contains"),
        ("anna.", "ends with a dot"),
        ("pc$", "computers"),
        ("MSOL_7", "system accounts"),
    ],
)
def test_a_chosen_name_that_ad_or_the_sync_refuses(name: str, words: str) -> None:
    assert words in (sam_problem(name) or "")


@given(TEXT, TEXT, st.text(max_size=64))
def test_a_cn_is_short_and_has_no_line_breaks(display: str, surname: str, given_name: str) -> None:
    record = {"display_name": display, "surname": surname, "given_name": given_name}
    cn = cn_base(record, "anna@contoso.com")
    assert 1 <= utf16_length(cn) <= 64
    assert cn == cn.strip()
    assert cn.isprintable()
    for attempt in range(3):
        other = distinct_cn(cn, "a" * 20, attempt)
        assert utf16_length(other) <= 64
        assert other != cn


def test_a_cn_from_the_names_or_the_upn() -> None:
    assert cn_base({"given_name": "Anna", "surname": None}, "a@b.c") == "Anna"
    assert cn_base({"display_name": " \n", "given_name": "Anna", "surname": "Berg"}, "a@b.c") == "Anna Berg"
    assert cn_base({}, "a@b.c") == "a@b.c"


@given(st.text(st.characters(codec="utf-8"), max_size=50), st.integers(0, 30))
def test_a_text_is_cut_between_characters(text: str, length: int) -> None:
    cut = shortened(text, length)
    assert text.startswith(cut)
    assert utf16_length(cut) <= length


@pytest.mark.parametrize("cn", ["Berg, Anna", "#1", "a=b+c", 'x"y', "<;>", "back\\slash", "o'hara *()"])
def test_a_cn_is_escaped_in_its_name(cn: str) -> None:
    name = child_dn(cn, "OU=Staff,DC=contoso,DC=com")
    assert dn_key(name).split("\x1f") == [f"cn={ad_key(cn)}", "ou=staff", "dc=contoso", "dc=com"]
