# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The counts in the ``summary`` of a bulk module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


def counted(words: Iterable[str], known: Sequence[str]) -> dict[str, int]:
    """Count how often each of the ``known`` words occurs, in their order and with zeros; ``total`` counts all words."""
    counts = Counter(words)
    return {**{word: counts[word] for word in known}, "total": sum(counts.values())}
