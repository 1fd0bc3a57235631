# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long lists in a message: the first few entries, and how many more there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

SHOWN = 3
_SHOWN_OF_CYCLE = 5


def join_names(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are: ``a, b, c and 5 more``."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def join_reasons(reasons: Iterable[tuple[str, str]], where: str = "users") -> str:
    """Return names with their reasons, and a reason that several names share only once, as ``join_sentences`` does.

    ``where`` says where the others are.
    """
    names: dict[str, list[str]] = {}
    for name, reason in reasons:
        names.setdefault(reason, []).append(name)
    found = [(f"{join_names(those)}: {reason}", len(those)) for reason, those in names.items()]
    return _first([sentence for sentence, _count in found], sum(count for _sentence, count in found[SHOWN:]), where)


def join_sentences(sentences: Sequence[str]) -> str:
    """Return the first sentences, and how many more the result has in ``users``: ``A. B. C. And 5 more: see users.``"""
    return _first(sentences, len(sentences[SHOWN:]))


def count_clauses(clauses: Sequence[str]) -> dict[str, Any]:
    """Return what a cycle does, a clause for each user, as modules do: ``count``, and the first five as ``cycle``."""
    return {"count": len(clauses), "cycle": list(clauses[:_SHOWN_OF_CYCLE])}


def _first(sentences: Sequence[str], more: int, where: str = "users") -> str:
    return " ".join([*sentences[:SHOWN], *([f"And {more} more: see {where}."] if more else [])])
