# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a security descriptor gives a right: its owner, and the entries of its access list.

The form is self-relative (MS-DTYP 2.4.6): a header with offsets, then the owner's SID and the access list.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ..core.identities.sids import sid_size, sid_text

CONTROL_ACCESS = 0x100
"""The right to do what an extended right names (MS-ADTS 5.1.3.2)."""
DELETE, WRITE_DACL, WRITE_OWNER, GENERIC_ALL = 0x10000, 0x40000, 0x80000, 0x10000000
DELETE_CHILD = 0x2
"""The right to delete the objects below, or only those of one class (MS-ADTS 5.1.3.2)."""

_USER_CLASS = uuid.UUID("bf967aba-0de6-11d0-a285-00aa003049e2")
"""schemaIDGUID of the class user (MS-ADSC)."""
_EVERYBODY = (bytes.fromhex("010100000000000100000000"), bytes.fromhex("01010000000000050b000000"))
"""Everyone and Authenticated Users (MS-DTYP 2.4.2.4), which each account that signed in is."""
_OWNER_RIGHTS = bytes.fromhex("010100000000000304000000")
"""OWNER RIGHTS (MS-DTYP 2.4.2.4), which the owner of an object has."""

_HEADER = struct.Struct("<BxHIIII")
# MS-DTYP 2.4.4.1: whether the kinds of entries allow. Each comes with and without a condition, which counts as met.
_FOR_OBJECTS = {0x5: True, 0xB: True, 0x6: False, 0xC: False}
_ALLOWS = {0x0: True, 0x9: True, 0x1: False, 0xA: False, **_FOR_OBJECTS}
_INHERIT_ONLY = 0x8
_OBJECT_TYPE, _INHERITED_TYPE = 0x1, 0x2
_DACL_PRESENT = 0x4


class MalformedDescriptor(ValueError):
    """The bytes are no security descriptor with an owner and an access list."""


@dataclass(frozen=True)
class Right:
    """An entry that allows or denies.

    To whom, which rights (a mask), and for which property, right or class of children (None: all of them).
    """

    sid: bytes
    mask: int
    object_type: uuid.UUID | None = None
    allows: bool = True


@dataclass(frozen=True)
class Access:
    """Who may do what with an object, in the order of the list. Entries that only children inherit are left out."""

    owner: bytes
    rights: Sequence[Right]

    @property
    def grants(self) -> list[Right]:
        """The entries that allow."""
        return [right for right in self.rights if right.allows]

    def allows(self, sids: Collection[bytes], mask: int, object_type: uuid.UUID | None = None) -> bool:
        """Return whether somebody with these SIDs has a right: the first entry about it decides (MS-DTYP 2.5.3.2)."""
        for right in self.rights:
            if right.sid in sids and right.object_type in (None, object_type) and right.mask & (mask | GENERIC_ALL):
                return right.allows
        return False


def may_delete(account: Access, parent: Access, own: Collection[bytes]) -> bool:
    """Return whether somebody may delete an account: by the right on the account or by that on its parent.

    A right that is denied on one of the two can be allowed on the other (learn.microsoft.com "Access Control and Object
    Deletion"). ``own``: the SIDs of the account that signed in, and of its groups.
    """
    return account.allows(_sids(account, own), DELETE) or parent.allows(_sids(parent, own), DELETE_CHILD, _USER_CLASS)


def _sids(access: Access, own: Collection[bytes]) -> set[bytes]:
    return {*own, *_EVERYBODY, *([_OWNER_RIGHTS] if access.owner in own else ())}


def read_access(raw: bytes) -> Access:
    """Read a security descriptor.

    :raises MalformedDescriptor: if the bytes are no descriptor, or if it has no owner or no access list.
    """
    try:
        _revision, control, owner, _group, _sacl, dacl = _HEADER.unpack_from(raw)
        if not control & _DACL_PRESENT or not owner or not dacl:
            raise MalformedDescriptor("it has no owner or no access control list")
        return Access(_sid(raw, owner), tuple(_rights(raw, dacl)))
    except (struct.error, IndexError) as error:
        raise MalformedDescriptor("it is cut short") from error


def _rights(raw: bytes, start: int) -> Iterator[Right]:
    size, count = struct.unpack_from("<HH", raw, start + 2)
    if start + size > len(raw):
        raise MalformedDescriptor("its access list is cut short")
    position = start + 8
    for _entry in range(count):
        kind, flags, length, mask = struct.unpack_from("<BBHI", raw, position)
        if length < 8 or position + length > start + size:
            raise MalformedDescriptor("an entry of its access list is cut short")
        if kind in _ALLOWS and not flags & _INHERIT_ONLY:
            yield _right(raw, position + 8, mask, kind)
        position += length


def _right(raw: bytes, position: int, mask: int, kind: int) -> Right:
    object_type = None
    if kind in _FOR_OBJECTS:
        (present,) = struct.unpack_from("<I", raw, position)
        position += 4
        if present & _OBJECT_TYPE:
            object_type = uuid.UUID(bytes_le=raw[position : position + 16].ljust(16, b"\0"))
            position += 16
        position += 16 if present & _INHERITED_TYPE else 0
    return Right(_sid(raw, position), mask, object_type, _ALLOWS[kind])


def _sid(raw: bytes, position: int) -> bytes:
    sid = raw[position : position + sid_size(raw[position + 1])]
    if sid_text(sid) is None:
        raise MalformedDescriptor("it contains an invalid SID")
    return sid
