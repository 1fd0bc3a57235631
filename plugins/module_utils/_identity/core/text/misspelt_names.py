# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that look like those of this collection's roles and are none: a misspelt one would silently do nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

SHARED = "hybrid_identity"
"""What the names of the variables that all roles share begin with."""

_COMMON = frozenset({"accounts", "sync"})
"""Roles whose names are common words. Other people's variables begin with them too."""
_DISTINCTIVE = (SHARED, "hard_match")
"""No other variable begins like the names of these roles, so a misspelt beginning is recognised too."""
_REVIEW = "_reviewed_plan"
_MOST_EDITS = 2
_LETTERS_PER_EDIT = 3


def find_misspelt(
    names: Iterable[str], known: Mapping[str, Collection[str]], roles: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the names that look like variables of the collection and are none, each with the nearest known name.

    ``known``: the variables and results of every role, by role. Names that begin with one of ``roles``, or as no other
    variable does, are misspelt if they are not known. Those that begin with another role, or with a common word, are
    misspelt only if they resemble a known name: a later role of the same playbook may read that.
    """
    every = {name for role in known.values() for name in role}
    strict = {*roles, *_DISTINCTIVE} - _COMMON
    alike = _list_alike(known)
    found = []
    for name in sorted(set(names) - every):
        role = next((each for each in known if name.lower().startswith(f"{each}_")), None)
        nearest = _nearest(name, role, every, role in strict) if role else _nearest_beginning(name, alike)
        if nearest:
            found.append((name, nearest))
    return found


def misspelt_sentence(found: Sequence[tuple[str, str]]) -> str:
    """Return the sentences that refuse these names; empty if there are none."""
    if not found:
        return ""
    refused = [f"There is no variable {name}. The most similar name is {nearest}." for name, nearest in found]
    return " ".join([*refused, f"Correct or remove {'it' if len(found) == 1 else 'them'}."])


def _nearest(name: str, role: str, known: Collection[str], is_strict: bool) -> str:
    """Return the nearest of the known names of this role and of the shared ones.

    Unless it ``is_strict``, it is empty if no name is near.
    """
    prefix, shared = f"{role}_", f"{SHARED}_"
    ending = name[len(prefix) :].lower()
    if ending in known:
        return ending
    ranked = [(edits(ending, each.removeprefix(prefix)), each) for each in known if each.startswith(prefix)]
    # The ending of a shared variable behind the name of a role.
    ranked += [(edits(ending, each.removeprefix(shared)) + 1, each) for each in known if each.startswith(shared)]
    if not is_strict:
        ranked = [(distance, each) for distance, each in ranked if distance <= _allowed(prefix, ending, each)]
    return min(ranked, default=(0, ""))[1]


def _allowed(prefix: str, ending: str, known: str) -> int:
    """Return how many edits make an ending resemble a known name. Short words resemble too much."""
    if not known.startswith(prefix):
        return 1
    return min(_MOST_EDITS, max(len(ending), len(known) - len(prefix)) // _LETTERS_PER_EDIT)


def _list_alike(known: Mapping[str, Collection[str]]) -> list[tuple[str, int]]:
    """Return the names of which the beginning may be misspelt, each with how many edits at most.

    Of roles whose names are like other variables, these are the names that take the place of a shared variable, and
    those of a review, with one edit: a misspelt ``accounts_scope`` would widen the scope, and a misspelt
    ``accounts_reviewed_plan`` would make changes that nobody reviewed.
    """
    shared = {name.removeprefix(SHARED) for name in known[SHARED]}
    return [
        (name, _MOST_EDITS if role in _DISTINCTIVE else 1)
        for role, names in known.items()
        for name in names
        if role in _DISTINCTIVE or name.removeprefix(role) in shared or _REVIEW in name
    ]


def _nearest_beginning(name: str, alike: Sequence[tuple[str, int]]) -> str:
    """Return the known name of which only a few letters differ; empty if there is none."""
    # The first letter is hardly ever wrong, and few variables of other people begin with it.
    near = [(each, most) for each, most in alike if each[0] == name[0] and abs(len(each) - len(name)) <= most]
    ranked = [(distance, each) for each, most in near if (distance := edits(name, each)) <= most]
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
