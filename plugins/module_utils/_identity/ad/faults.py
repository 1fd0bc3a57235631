# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check AD objects at the edge: values that are not of their attribute's syntax are not used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..core.attribute_map import ROWS
from ..core.text.counts import amount, plural
from ..core.text.sentences import join_names

_GUID_SIZE = 16
_INTEGER = re.compile(rb"-?\d{1,19}")
_INTEGERS = ("useraccountcontrol", "samaccounttype", "msexchrecipienttypedetails", "countrycode")
_LISTS = ("proxyaddresses",)
_TEXTS = frozenset(
    (
        *("userprincipalname", "samaccountname", "msds-externaldirectoryobjectid", "msds-objectsoa", "mailnickname"),
        *(name.lower() for row in ROWS for name in (row.ad, row.fallback) if name),
    )
) - frozenset(_INTEGERS)
_SINGLE = frozenset(("objectguid", "ms-ds-consistencyguid", *_INTEGERS)) | _TEXTS.difference(_LISTS, ("url", "o"))

Attributes = Mapping[str, Sequence[bytes]]


def has_guid(attributes: Attributes) -> bool:
    """Return whether an object has an objectGUID, without which nothing can be said about it or done with it."""
    values = attributes.get("objectguid", ())
    return len(values) == 1 and len(values[0]) == _GUID_SIZE


def object_fault(distinguished_name: str, attributes: Attributes) -> str | None:
    """Return in a sentence what cannot be used of an object, None if all of it can.

    ``attributes`` maps lower-case names to raw values. Attributes that this project does not read are not looked at.
    """
    for name, values in attributes.items():
        fault = _fault(name, values)
        if fault:
            return (
                f"{name} of {distinguished_name} {fault}, so this object is not changed. Check the object in the "
                "directory, and any proxy in between."
            )
    return None


def left_out_warnings(names: Sequence[str]) -> list[str]:
    """Return a sentence about the objects that were left out for lack of an objectGUID; none if there are none."""
    if not names:
        return []
    return [
        f"{amount(len(names), 'object')} {plural(len(names), 'was', 'were')} skipped, because the directory does not "
        f"show the objectGUID or the answer is too large ({join_names(list(names))}); check the read permissions of "
        "the account that signed in."
    ]


def whole_number(text: str | None, most: int) -> int | None:
    """Return the number that a text of the directory holds; None if it holds none from 0 to ``most``."""
    if text is None or not re.fullmatch(r"\d{1,19}", text, re.ASCII):
        return None
    return int(text) if int(text) <= most else None


def _fault(name: str, values: Sequence[bytes]) -> str | None:
    if len(values) > 1 and name in _SINGLE:
        return f"has {len(values)} values instead of one"
    if name in _INTEGERS and not all(map(_INTEGER.fullmatch, values)):
        return "is not a number"
    if name in _TEXTS and not all(map(_is_text, values)):
        return "is not a string"
    return None


def _is_text(value: bytes) -> bool:
    try:
        return "\0" not in bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        return False
