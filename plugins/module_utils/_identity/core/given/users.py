# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a playbook gives as ``users``: names, records of our modules, or rows of any file, with keys of their own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..errors import InputError
from ..identities.anchors import is_guid
from ..identities.cloud_identity import read_identity
from ..text.counts import plural
from ..text.visible import visible

_MEANT = {
    "user_principal_name": ("userprincipalname", "upn", "principalname"),
    "id": ("id", "objectid"),
    "object_guid": ("objectguid", "guid"),
    "immutable_id": ("immutableid", "onpremisesimmutableid"),
    "object_sid": ("objectsid", "sid"),
}
"""Keys of ours, with how others spell them: Graph, PowerShell and CSV files. Only letters and digits count."""
_BYTE_ORDER_MARK = "\ufeff"
_SHOWN, _LONGEST_KEY = 10, 60
# Nothing that separates the keys and values of a record that is one text.
_UPN = re.compile(r"[^\s\"{}\[\]=:,@]+@[^\s\"{}\[\]=:,@]+")


def read_users(given: Iterable[Any], needs: str = "") -> list[dict[str, Any]]:
    """Return the records that a list holds, and for each user principal name or object id in it a record of its own.

    ``needs`` says what a record must have besides a name, such as ``immutable_id or object_guid``; empty if a name is
    enough.

    :raises InputError: if an entry is neither a record nor a name, or if it is a name and more is needed.
    """
    return [_read_entry(entry, position, needs) for position, entry in enumerate(given, start=1)]


def describe_keys(record: Mapping[Any, Any], wanted: Collection[str] = tuple(_MEANT)) -> str:
    """Return the sentences that say which keys a record has, and how to rename them; empty if it has none."""
    if not record:
        return ""
    names = [_shown(key) for key in record]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    found = f"Found: the {plural(len(names), 'key', 'keys')} {', '.join(names[:_SHOWN])}{more}."
    return f"{found} {advise_names(record, wanted)}".rstrip()


def advise_names(record: Mapping[Any, Any], wanted: Collection[str]) -> str:
    """Return the sentences that say which keys of a record are probably meant as ``wanted`` ones; empty if none are."""
    sentences = [
        f"Rename {_shown(key)} to {ours}."
        for key in record
        if (ours := _meant(str(key))) in wanted and ours not in record
    ]
    if any(_BYTE_ORDER_MARK in str(key) for key in record):
        sentences.append("\\ufeff is the byte order mark that begins the file; save the file without it.")
    return " ".join(sentences)


def is_name(text: str) -> bool:
    """Return whether a text is a user principal name or an object id. Any other text may have a secret in it."""
    return is_guid(text) or bool(_UPN.fullmatch(text))


def _shown(key: Any) -> str:
    return f"'{visible(str(key), _LONGEST_KEY)}'"


def _meant(key: str) -> str | None:
    """Return the key of ours that somebody else's key probably means; None if it is none, or ours already."""
    plain = re.sub(r"[^a-z0-9]", "", key.casefold())
    return next((ours for ours, theirs in _MEANT.items() if plain in theirs and key != ours), None)


def _read_entry(entry: Any, position: int, needs: str) -> dict[str, Any]:
    if isinstance(entry, Mapping):
        return dict(entry)
    if not isinstance(entry, str):
        raise InputError(
            f"Record {position} of users is a value of the type {type(entry).__name__}; use a dictionary with the key "
            "user_principal_name or id."
        )
    if not is_name(entry):
        raise InputError(
            f"Record {position} of users is a string, but neither a user principal name nor an object id; use a "
            "dictionary with the key user_principal_name or id."
        )
    try:
        identity = read_identity(entry)
    except InputError as error:
        raise InputError(f"Record {position} of users: {error.message}") from error
    if needs:
        raise InputError(
            f"Record {position} of users is only a name, {identity.text}; use a dictionary with the keys "
            f"{identity.kind} and {needs}."
        )
    return {identity.kind: identity.text}
