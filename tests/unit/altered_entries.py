# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alter the objects of a directory, by chance with a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ldap_wire import Entry
from support.alterations import altered_bytes


def altered(entries: list[Entry], by: random.Random) -> list[Entry]:
    """Return the objects with one alteration: in a value, in the number of values, in a name, or in the DN."""
    place = by.randrange(len(entries))
    entry = entries[place]
    name = by.choice(sorted(entry.values))
    values: list[Any] = [value.encode() if isinstance(value, str) else value for value in entry.values[name]]
    attributes: dict[str, Sequence[Any]] = dict(entry.values)
    kind = by.choice(("value", "value", "value", "value", "more", "gone", "name", "dn", "other"))
    if kind == "value":
        number = by.randrange(len(values))
        values[number] = altered_bytes(values[number], by)
        attributes[name] = values
    elif kind == "more":
        attributes[name] = values * by.choice((2, 200))
    elif kind == "gone":
        del attributes[name]
    elif kind == "other":
        attributes[name] = entries[place - 1].values.get(name, [])
    elif kind == "name":
        strange = f"{name};range={by.choice(('0-0', '0-*', '5-9', '9-5', '*-0'))}"
        attributes[by.choice((strange, "", ";", "\u2028", name.upper(), f"{name};binary"))] = attributes.pop(name)
    dn = by.choice(("", ",", "CN=a\n,DC=x", "CN=" + "x" * 5000, "\u202e", "CN=\\", entries[place - 1].name))
    return [*entries[:place], Entry(dn if kind == "dn" else entry.name, attributes), *entries[place + 1 :]]
