# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts: those in the ``summary`` of a bulk module, and those in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


def counted(words: Iterable[str], known: Sequence[str]) -> dict[str, int]:
    """Count how often each of the ``known`` words occurs, in their order and with zeros; ``total`` counts all words."""
    counts = Counter(words)
    return {**{word: counts[word] for word in known}, "total": sum(counts.values())}


def amount(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun: ``1 user``, ``1,000 users``. ``nouns`` is the plural if an s does not make it."""
    return f"{count:,} {plural(count, noun, nouns or f'{noun}s')}"


def plural(count: int, one: str, several: str) -> str:
    """Return the word that goes with a count, such as ``is`` or ``are``."""
    return one if count == 1 else several
