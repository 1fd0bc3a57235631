# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check that finds phrases which are not plain English."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import words

PHRASES = {"waits for it rightly": "waits until it has ended", "rightly": "(say what it does)", "there and then": "now"}


def found(text: str) -> list[tuple[int, str]]:
    return [(each.line, each.phrase) for each in words.check(text, PHRASES)]


@pytest.mark.parametrize(
    "text",
    [
        "It waits for it rightly.",
        "Waits For It RIGHTLY, and ends.",
        "- **waits for it rightly**",
        "`waits for it rightly`",
        '    "It waits for it rightly",',
    ],
)
def test_a_phrase_in_one_line(text: str) -> None:
    assert found(text) == [(1, "waits for it rightly")]


@pytest.mark.parametrize(
    "text",
    [
        "The module waits\nfor it rightly.",
        "  - The module waits\n    for it rightly.",
        "# The module waits\n# for it rightly.",
        '    "The module waits "\n    f"for it rightly: {name}"',
        "    'The module waits ' +\n    'for it rightly.'",
        "> The module waits\n> for it rightly.",
    ],
)
def test_a_phrase_that_goes_on_in_the_next_line(text: str) -> None:
    assert found(text) == [(1, "waits for it rightly")]


def test_of_two_phrases_the_line_where_each_begins() -> None:
    assert found("One.\nIt was done there\nand then.\n\nAnd rightly so.") == [(2, "there and then"), (5, "rightly")]


@pytest.mark.parametrize("text", ["", "He was there. And then he left.", "It was there, and then gone.", "uprightly"])
def test_words_that_are_no_such_phrase(text: str) -> None:
    assert found(text) == []


def test_each_line_of_the_report_names_the_file_the_line_and_the_better_wording(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/a.md").write_text("Fine.\nIt ends\nwell.\n", encoding="utf-8")
    (tmp_path / "pages/a.png").write_bytes(b"\x89 ends well")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/a.py").write_text('"""It ends well."""\n', encoding="utf-8")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    (tmp_path / "new.md").write_text("It ends well.\n", encoding="utf-8")  # not tracked
    names = words.tracked(tmp_path)
    assert names == ["pages/a.md"]
    assert words.report(names, tmp_path) == ["pages/a.md:2: 'ends well'; better: 'finishes without errors'"]


@pytest.mark.parametrize("phrase", words.PHRASES)
def test_each_phrase_is_found_as_it_is_written(phrase: str) -> None:
    """No phrase hides behind a longer one or behind its own punctuation."""
    assert [
        each.phrase for each in words.check(f"Before. {phrase[:1].upper()}{phrase[1:]}. After.", words.PHRASES)
    ] == [phrase]


@pytest.mark.parametrize("phrase", words.PHRASES)
def test_no_better_wording_has_a_phrase(phrase: str) -> None:
    assert [*words.check(words.PHRASES[phrase], words.PHRASES)] == []
