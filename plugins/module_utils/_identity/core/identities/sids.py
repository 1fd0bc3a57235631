# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security identifiers as Active Directory stores them (MS-DTYP 2.4.2.2): raw bytes, and the text S-1-5-21-..."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def build_sid(authority: int, *parts: int) -> bytes:
    """Return the raw bytes of S-1-<authority>-<parts>."""
    return struct.pack(f"<BB6s{len(parts)}I", 1, len(parts), authority.to_bytes(6, "big"), *parts)


def sid_text(raw: bytes) -> str | None:
    """Return a SID as text; None if the bytes are no SID."""
    if len(raw) < 8 or raw[0] != 1 or len(raw) != sid_size(raw[1]):
        return None
    parts = struct.unpack_from(f"<{raw[1]}I", raw, 8)
    return "-".join(map(str, ("S", 1, int.from_bytes(raw[2:8], "big"), *parts)))


def sid_size(parts: int) -> int:
    """Return the number of bytes of a SID with so many parts behind its authority."""
    return 8 + 4 * parts


def domain_rid(raw: bytes) -> int | None:
    """Return the last part of a SID of an object in any domain (S-1-5-21-x-y-z-RID); None for any other SID."""
    parts = _parts(raw)
    return parts[4] if len(parts) == 5 and parts[0] == 21 else None


def child_sid(domain: bytes, rid: int) -> bytes:
    """Return the SID of the object with this RID in the domain with this SID."""
    return bytes((1, domain[1] + 1)) + domain[2:] + struct.pack("<I", rid)


def _parts(raw: bytes) -> Sequence[int]:
    return struct.unpack_from(f"<{raw[1]}I", raw, 8) if sid_text(raw) else ()


EVERYONE = build_sid(1, 0)
AUTHENTICATED_USERS = build_sid(5, 11)
BUILTIN_DOMAIN = build_sid(5, 32)
"""The domain of the groups that every domain has: S-1-5-32."""
