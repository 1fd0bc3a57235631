# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conversions between objectGUID, mS-DS-ConsistencyGuid and the ImmutableId.

The ImmutableId is the base64 of the anchor's raw bytes. For a GUID, these are the 16 bytes as Active Directory stores
them (the first three fields are little-endian: ``uuid.UUID.bytes_le``), never the bytes in the order of the dashed text
(facts §1).
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from dataclasses import dataclass
from typing import Any, TypeGuard

from ..errors import InputError
from ..text.counts import amount

OBJECT_GUID = "objectGUID"
CONSISTENCY_GUID = "mS-DS-ConsistencyGuid"
SOURCE_ANCHORS = ("auto", OBJECT_GUID, CONSISTENCY_GUID)

_DASHED_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Anchor:
    """The source anchor of one user: the attribute it comes from, and its ImmutableId (None if that is empty)."""

    attribute: str
    immutable_id: str | None


def parse_guid(text: str) -> uuid.UUID:
    """Read a GUID in its dashed form, with or without braces, in any case.

    :raises InputError: for anything else, also for bare hexadecimal digits, because their byte order is unknown.
    """
    bare = text.strip()
    if bare.startswith("{") and bare.endswith("}"):
        bare = bare[1:-1]
    if not _DASHED_GUID.fullmatch(bare):
        raise InputError(f"{text!r} is not a GUID; write it as 876031de-bfb1-4f8b-9cb0-1c67a6094d3e.")
    return uuid.UUID(bare)


def is_guid(value: Any) -> TypeGuard[str]:
    """Return whether a value is a GUID in its dashed form, without braces, which may go into a URL."""
    return isinstance(value, str) and bool(_DASHED_GUID.fullmatch(value))


def guid_text(raw: bytes) -> str:
    """Return the dashed form of a GUID from the 16 bytes that Active Directory stores."""
    return str(uuid.UUID(bytes_le=raw))


def immutable_id_of_bytes(raw: bytes) -> str:
    """Return the ImmutableId of an anchor's raw bytes, which are in the order that Active Directory stores."""
    return base64.b64encode(raw).decode("ascii")


def immutable_id_of_guid(guid: uuid.UUID | str) -> str:
    """Return the ImmutableId of a GUID: 24 characters that end in ``==``.

    :raises InputError: if ``guid`` is a text that is not a GUID.
    """
    value = parse_guid(guid) if isinstance(guid, str) else guid
    return immutable_id_of_bytes(value.bytes_le)


def anchor_bytes(immutable_id: str) -> bytes:
    """Return the raw anchor bytes of an ImmutableId.

    Only canonical base64 is accepted. Entra compares ImmutableIds as text (facts §1: case-sensitive), so another
    spelling of the same bytes is another ImmutableId.

    :raises InputError: if the text is empty or is not canonical base64.
    """
    try:
        raw = base64.b64decode(immutable_id, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw or immutable_id_of_bytes(raw) != immutable_id:
        hint = " It is a GUID: use object_guid for it." if _DASHED_GUID.fullmatch(immutable_id.strip()) else ""
        raise InputError(
            f"{immutable_id!r} is not an ImmutableId; it must be base64, such as 3jFgh7G/i0+csBxnpglNPg==.{hint}"
        )
    return raw


def guid_of_immutable_id(immutable_id: str) -> uuid.UUID:
    """Return the GUID that an ImmutableId encodes.

    :raises InputError: if the ImmutableId is not canonical base64, or does not hold 16 bytes.
    """
    raw = anchor_bytes(immutable_id)
    if len(raw) != 16:
        raise InputError(
            f"{immutable_id!r} holds {amount(len(raw), 'byte')}, but a GUID has 16; check the source of the value."
        )
    return uuid.UUID(bytes_le=raw)


def swapped_immutable_id(guid: uuid.UUID) -> str:
    """Return the wrong ImmutableId that a common mistake makes of a GUID: its bytes in text order (facts §1)."""
    return immutable_id_of_bytes(guid.bytes)


def source_anchor(object_guid: bytes, consistency_guid: bytes | None, choice: str = "auto") -> Anchor:
    """Return the source anchor of one AD user (facts §2, plan-connect-design-concepts).

    ``choice`` is one of SOURCE_ANCHORS. ``auto`` takes mS-DS-ConsistencyGuid if it holds a value, else objectGUID, as
    Entra Connect does from 1.1.524.0 on. If ``choice`` is mS-DS-ConsistencyGuid and it is empty, the user has no
    ImmutableId yet.
    """
    if choice == OBJECT_GUID or (choice == "auto" and not consistency_guid):
        return Anchor(OBJECT_GUID, immutable_id_of_bytes(object_guid))
    return Anchor(CONSISTENCY_GUID, immutable_id_of_bytes(consistency_guid) if consistency_guid else None)
