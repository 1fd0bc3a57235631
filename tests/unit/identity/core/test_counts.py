# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts that people see have a noun in the right number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.counts import amount, plural

ROOT = Path(__file__).resolve().parents[4]
# A value of an f-string or of a template, and a plural right behind it.
COUNTED = re.compile(
    r"\{[^{}\"]+\}\}? (?:more |other |planned |cloud |AD |new )?"
    r"(?:users|accounts|objects|records|people|ImmutableIds|addresses|hours|reasons|pages|batches|domains)\b"
)
# Two at least, by what the code before them has checked.
SEVERAL = (
    "forest's {len(state.domains)} domains",
    "the changes of {len(failed):,} users",
    "has {len(primaries)} primary addresses",
    "is requested for {times} users",
    "has more than {most} pages",
    "{targets[change.target.id]} records of the list are for",
    "{repeats[user.anchor]} AD users of the list have",
    # Only with more than 20 of them.
    'f"{len(value)} records"',
)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 users"), (1, "1 user"), (2, "2 users"), (1000, "1,000 users"), (50000, "50,000 users")]
)
def test_the_noun_goes_with_the_count(count: int, words: str) -> None:
    assert amount(count, "user") == words


def test_an_irregular_noun() -> None:
    assert [amount(count, "address", "addresses") for count in (1, 2)] == ["1 address", "2 addresses"]


def test_a_verb_goes_with_the_count() -> None:
    assert [plural(count, "is", "are") for count in (0, 1, 2)] == ["are", "is", "are"]


def test_no_sentence_has_a_count_with_a_fixed_plural() -> None:
    sources = [
        path
        for folder, suffixes in (("plugins", (".py",)), ("roles", (".yml", ".j2")), ("playbooks", (".yml",)))
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in suffixes
    ]
    assert len(sources) > 100
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sources
        for line in path.read_text("utf-8").splitlines()
        if COUNTED.search(line) and not any(known in line for known in SEVERAL)
    ]
    assert not found, "use amount() or the filter amount:\n" + "\n".join(found)
