# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that look like those of this collection's roles and are none: a misspelt one would silently do nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

SHARED = "hybrid_identity"
"""What the names of the variables that all roles share begin with."""

_COMMON = frozenset({"accounts", "sync"})
"""Roles whose names are common words. Other people's variables begin with them too."""
_DISTINCTIVE = (f"{SHARED}_", "hard_match_")
"""No other variable begins like these, so a misspelt beginning is recognised too."""
_MOST_EDITS = 2
_LETTERS_PER_EDIT = 3


def find_misspelt(names: Iterable[str], known: Collection[str], roles: Sequence[str]) -> list[tuple[str, str]]:
    """Return the names that look like variables of these roles and are none, each with the nearest known name.

    ``known``: all variables and results of the roles, and the shared variables. Names that begin with a role's name are
    misspelt if they are not known. Those that begin with a common word are misspelt only if they resemble a known name.
    """
    prefixes = [f"{role}_" for role in dict.fromkeys([*roles, SHARED])]
    found = []
    for name in sorted(set(names) - set(known)):
        prefix = next((each for each in prefixes if name.lower().startswith(each)), "")
        nearest = _nearest(name, prefix, known) if prefix else _nearest_beginning(name, known)
        if nearest:
            found.append((name, nearest))
    return found


def misspelt_sentence(found: Sequence[tuple[str, str]]) -> str:
    """Return the sentences that refuse these names; empty if there are none."""
    if not found:
        return ""
    refused = [f"There is no variable {name}; the nearest name is {nearest}." for name, nearest in found]
    return " ".join([*refused, f"Correct or remove {'it' if len(found) == 1 else 'them'}."])


def _nearest(name: str, prefix: str, known: Collection[str]) -> str:
    """Return the nearest of the known names with this prefix and of the shared ones.

    It is empty if the prefix is a common word and no name is near.
    """
    ending = name[len(prefix) :]
    ranked = [(edits(ending, each.removeprefix(prefix)), each) for each in known if each.startswith(prefix)]
    shared = f"{SHARED}_"
    # The ending of a shared variable behind the name of a role.
    ranked += [(edits(ending, each.removeprefix(shared)) + 1, each) for each in known if each.startswith(shared)]
    if prefix.rstrip("_") in _COMMON:
        ranked = [(distance, each) for distance, each in ranked if distance <= _allowed(prefix, ending, each)]
    return min(ranked, default=(0, ""))[1]


def _allowed(prefix: str, ending: str, known: str) -> int:
    """Return how many edits make an ending resemble a known name. Short words resemble too much."""
    if not known.startswith(prefix):
        return 1
    return min(_MOST_EDITS, max(len(ending), len(known) - len(prefix)) // _LETTERS_PER_EDIT)


def _nearest_beginning(name: str, known: Collection[str]) -> str:
    """Return the known name of which only a few letters differ, if it begins like no other variable; empty if none."""
    # The first letter is hardly ever wrong, and few variables of other people begin with it.
    candidates = [each for each in known if each.startswith(_DISTINCTIVE) and each[0] == name[0]]
    near = [each for each in candidates if abs(len(each) - len(name)) <= _MOST_EDITS]
    ranked = [(distance, each) for each in near if (distance := edits(name, each)) <= _MOST_EDITS]
    return min(ranked, default=(0, ""))[1]


def edits(one: str, other: str) -> int:
    """Return how many letters are missing, added, exchanged, or swapped with their neighbours between two texts."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        above, before = before, row
        row = [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and (one[i - 2], letter) == (wanted, other[j - 2]):
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]
