# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an account was made and when its UPN last changed, for the person who has to find out whose account it is."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HISTORY_ATTRIBUTES = ("whenCreated", "msDS-ReplAttributeMetaData", "replPropertyMetaData")
"""The attributes that ``read_history`` reads. Samba does not construct the second one."""

_GENERALIZED = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z")
# One value for each attribute of the object: a piece of XML (DS_REPL_ATTR_META_DATA).
_UPN = b"<pszAttributeName>userPrincipalName</pszAttributeName>"
_CHANGED = re.compile(rb"<ftimeLastOriginatingChange>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)</ftimeLastOriginatingChange>")

# The same in binary (Samba's drsblobs.idl, replPropertyMetaDataBlob): version, 0, count, 0; then for each attribute its
# id, its version, seconds since 1601, the server, and two sequence numbers.
_HEAD, _ENTRY = struct.Struct("<IIII"), struct.Struct("<IIQ16sQQ")
_VERSION = 1
_UPN_ID = 0x00090290
_BEGINNING = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AccountHistory:
    """Times in UTC, in ISO 8601, to the second; None if the directory does not tell them."""

    created: str | None
    upn_changed: str | None


def read_history(attributes: Mapping[str, Sequence[bytes]]) -> AccountHistory:
    """Return the history of an account, given its raw values by lower-case name."""
    created = _GENERALIZED.fullmatch(next(iter(attributes.get("whencreated", ())), b""))
    year, month, day, hour, minute, second = (part.decode() for part in created.groups()) if created else [""] * 6
    return AccountHistory(
        created=f"{year}-{month}-{day}T{hour}:{minute}:{second}Z" if created else None,
        upn_changed=_from_xml(attributes.get("msds-replattributemetadata", ()))
        or _from_binary(next(iter(attributes.get("replpropertymetadata", ())), b"")),
    )


def _from_xml(values: Sequence[bytes]) -> str | None:
    found = (_CHANGED.search(value) for value in values if _UPN in value)
    return next((each.group(1).decode() for each in found if each), None)


def _from_binary(value: bytes) -> str | None:
    if len(value) < _HEAD.size or _HEAD.unpack_from(value)[0] != _VERSION:
        return None
    end = len(value) - (len(value) - _HEAD.size) % _ENTRY.size
    for attribute, _version, seconds, *_rest in _ENTRY.iter_unpack(value[_HEAD.size : end]):
        if attribute == _UPN_ID:
            try:
                return f"{_BEGINNING + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
            except OverflowError:
                return None
    return None
