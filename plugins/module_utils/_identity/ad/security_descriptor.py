# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a security descriptor gives a right: the owner, and the entries that allow, of its access list.

The form is self-relative (MS-DTYP 2.4.6): a header with offsets, then the owner's SID and the access list.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core.identities.sids import sid_size, sid_text

CONTROL_ACCESS = 0x100
"""The right to do what an extended right names (MS-ADTS 5.1.3.2)."""
WRITE_DACL, WRITE_OWNER, GENERIC_ALL = 0x40000, 0x80000, 0x10000000

_HEADER = struct.Struct("<BxHIIII")
# MS-DTYP 2.4.4.1. Each kind comes with and without a condition, which counts as met.
_ALLOWED, _ALLOWED_OBJECT = (0x0, 0x9), (0x5, 0xB)
_INHERIT_ONLY = 0x8
_OBJECT_TYPE, _INHERITED_TYPE = 0x1, 0x2
_DACL_PRESENT = 0x4


class MalformedDescriptor(ValueError):
    """The bytes are no security descriptor with an owner and an access list."""


@dataclass(frozen=True)
class Grant:
    """An entry that allows: to whom, which rights (a mask), and for which property or right (None: all of them)."""

    sid: bytes
    mask: int
    object_type: uuid.UUID | None = None


@dataclass(frozen=True)
class Access:
    """Who may do what with an object. Entries that deny are left out, and those that only children inherit."""

    owner: bytes
    grants: Sequence[Grant]


def read_access(raw: bytes) -> Access:
    """Read a security descriptor.

    :raises MalformedDescriptor: if the bytes are no descriptor, or if it has no owner or no access list.
    """
    try:
        _revision, control, owner, _group, _sacl, dacl = _HEADER.unpack_from(raw)
        if not control & _DACL_PRESENT or not owner or not dacl:
            raise MalformedDescriptor("it has no owner or no access control list")
        return Access(_sid(raw, owner), tuple(_grants(raw, dacl)))
    except (struct.error, IndexError) as error:
        raise MalformedDescriptor("it is cut short") from error


def _grants(raw: bytes, start: int) -> Iterator[Grant]:
    size, count = struct.unpack_from("<HH", raw, start + 2)
    if start + size > len(raw):
        raise MalformedDescriptor("its access list is cut short")
    position = start + 8
    for _entry in range(count):
        kind, flags, length, mask = struct.unpack_from("<BBHI", raw, position)
        if length < 8 or position + length > start + size:
            raise MalformedDescriptor("an entry of its access list is cut short")
        if kind in (*_ALLOWED, *_ALLOWED_OBJECT) and not flags & _INHERIT_ONLY:
            yield _grant(raw, position + 8, mask, kind in _ALLOWED_OBJECT)
        position += length


def _grant(raw: bytes, position: int, mask: int, has_types: bool) -> Grant:
    object_type = None
    if has_types:
        (present,) = struct.unpack_from("<I", raw, position)
        position += 4
        if present & _OBJECT_TYPE:
            object_type = uuid.UUID(bytes_le=raw[position : position + 16].ljust(16, b"\0"))
            position += 16
        position += 16 if present & _INHERITED_TYPE else 0
    return Grant(_sid(raw, position), mask, object_type)


def _sid(raw: bytes, position: int) -> bytes:
    sid = raw[position : position + sid_size(raw[position + 1])]
    if sid_text(sid) is None:
        raise MalformedDescriptor("it contains an invalid SID")
    return sid
