# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alter what a server or a file says, by chance with a seed, so that each case can be had again.

ALTERATION_SEED in the environment replaces the seed.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from typing import Any

SEED = os.environ.get("ALTERATION_SEED") or "2026-11-29"
FOREIGN = "elsewhere.example"
"""A host that nobody may contact."""

_STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 5, 2**70, 1.5, float("nan"), float("inf"), "", " ", "x", "\ud800", "\0", "\u202e"),
    *([], {}, [None], [5], [[]], [{}], {"": None}, {"id": 5}, {"value": []}, "a" * 100_000, ["x"] * 1000),
    *("2026-13-45", "0001-01-01T00:00:00Z", "true", "null", "../../me", "x' or 1 eq 1", f"https://{FOREIGN}/"),
)
_CHUNKS = (b"", b"\0", b"\xff\xfe", b"\xc3\x28", b"x" * 70_000, b"9" * 5000, b"-1", b"1.5", b"\xed\xa0\x80", b"*)(a=*")


def chance(name: str, number: int) -> random.Random:
    """Return the chance of one case."""
    return random.Random(f"{SEED}/{name}/{number}")


def altered_json(value: Any, by: random.Random) -> Any:
    """Return JSON with one alteration: a value is another, is gone, comes twice, or changed places with another."""
    root = [copy.deepcopy(value)]
    holder, key = by.choice(list(_places(root)))
    kind = by.choice(("strange", "strange", "strange", "gone", "twice", "swapped", "deep"))
    if kind == "gone" and holder is not root:
        del holder[key]
    elif kind == "twice" and isinstance(holder, list) and holder is not root:
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == "swapped":
        other, place = by.choice(list(_places(root)))
        one, two = copy.deepcopy(holder[key]), copy.deepcopy(other[place])
        holder[key] = two
        if not (other is holder and place == key) and (other, place) in list(_places(root)):
            other[place] = one
    elif kind == "deep":
        for _level in range(by.choice((2, 50))):
            holder[key] = [holder[key]]
    else:
        holder[key] = copy.deepcopy(by.choice(_STRANGE))
    return root[0]


def altered_bytes(data: bytes, by: random.Random) -> bytes:
    """Return bytes with one alteration: cut off, changed, or with something strange in them."""
    place = by.randrange(len(data) + 1)
    kind = by.choice(("cut", "flipped", "inserted", "replaced"))
    if kind == "cut":
        return data[:place]
    if kind == "flipped" and data:
        place = min(place, len(data) - 1)
        return data[:place] + bytes([data[place] ^ (1 << by.randrange(8))]) + data[place + 1 :]
    chunk = by.choice(_CHUNKS)
    return chunk if kind == "replaced" else data[:place] + chunk + data[place:]


def altered_journal(text: bytes, by: random.Random) -> bytes:
    """Return a journal with one alteration, in the JSON of a line, in its bytes, or in the order of the lines."""
    lines = text.splitlines(keepends=True)
    place = by.randrange(len(lines))
    kind = by.choice(("json", "json", "json", "bytes", "whole", "twice", "gone"))
    if kind == "json":
        try:
            lines[place] = (
                json.dumps(altered_json(json.loads(lines[place]), by), separators=(",", ":")).encode() + b"\n"
            )
        except RecursionError:
            lines[place] = b"[" * 100_000
    elif kind == "bytes":
        lines[place] = altered_bytes(lines[place], by)
    elif kind == "whole":
        return altered_bytes(text, by)
    elif kind == "twice":
        lines.append(lines[place])
    else:
        del lines[place]
    return b"".join(lines)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Return all places of JSON, each as the list or object that holds it and its index or key."""
    keys = range(len(value)) if isinstance(value, list) else list(value) if isinstance(value, dict) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
