# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside cannot steer a terminal, forge a line or hide what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.nasty_text import INVISIBLE, NASTY_TEXT

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.visible import LONGEST, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Žofie Müller <zofie@contoso.com>", "Žofie Müller <zofie@contoso.com>"),
        ("CONTOSO\\anna", "CONTOSO\\anna"),
        ("Street 1\r\nFloor 2\tleft", "Street 1\\r\\nFloor 2\\tleft"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("\x9b31m\x85", "\\x9b31m\\x85"),
        ("anna\u202egnp.exe", "anna\\u202egnp.exe"),
        ("an\u200bna\ufeff", "an\\u200bna\\ufeff"),
        ("\ud800", "\\ud800"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("char", sorted(INVISIBLE), ids=lambda char: f"U+{ord(char):04X}")
def test_each_invisible_character_is_written_out(char: str) -> None:
    assert visible(f"a{char}b") == f"a{char.encode('unicode_escape').decode()}b"


def test_a_long_text_is_cut() -> None:
    assert visible("x" * LONGEST) == "x" * LONGEST
    assert visible("x" * 10_000_000) == "x" * (LONGEST - 1) + "…"
    # What is written out is longer than what it stands for.
    assert visible("\x1b" * LONGEST, 8) == "\\x1b\\x1…"


@given(NASTY_TEXT, st.integers(1, 40))
def test_any_text_is_one_bounded_line(text: str, longest: int) -> None:
    shown = visible(text, longest)
    assert len(shown) <= longest
    assert not INVISIBLE & set(shown)
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")  # raises for half a surrogate pair


@given(NASTY_TEXT)
def test_twice_is_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=LONGEST))
def test_what_can_be_seen_stays(text: str) -> None:
    assert visible(text) == text
