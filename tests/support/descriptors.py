# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security descriptors as the tests need them, encoded by MS-DTYP 2.4.6, and the SIDs of a domain."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence

ALLOWED, DENIED, ALLOWED_OBJECT, DENIED_OBJECT = 0, 1, 5, 6
ALLOWED_WITH_CONDITION, ALLOWED_OBJECT_WITH_CONDITION = 9, 11


def sid(*parts: int, authority: int = 5) -> bytes:
    return struct.pack(f"<BB6s{len(parts)}I", 1, len(parts), authority.to_bytes(6, "big"), *parts)


DOMAIN_SID = sid(21, 1, 2, 3)
OTHER_DOMAIN = (21, 7, 8, 9)


def of_domain(rid: int) -> bytes:
    return sid(21, 1, 2, 3, rid)


def ace(
    who: bytes, mask: int, kind: int = ALLOWED, *, right: str | None = None, inherited: bool = False, flags: int = 0
) -> bytes:
    types = b""
    if kind in (ALLOWED_OBJECT, DENIED_OBJECT, ALLOWED_OBJECT_WITH_CONDITION):
        types = struct.pack("<I", (right is not None) | inherited << 1)
        types += uuid.UUID(right).bytes_le if right else b""
        types += uuid.uuid4().bytes_le if inherited else b""
    return struct.pack("<BBHI", kind, flags, 8 + len(types) + len(who), mask) + types + who


def descriptor(*entries: bytes, owner: bytes = of_domain(512)) -> bytes:
    """A descriptor as a domain controller sends it with the flags for owner and access list."""
    dacl = struct.pack("<BBHHH", 4, 0, 8 + sum(map(len, entries)), len(entries), 0) + b"".join(entries)
    return struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 0, 0, 20 + len(owner)) + owner + dacl


def texts(*names: str) -> Sequence[bytes]:
    return [name.encode() for name in names]
