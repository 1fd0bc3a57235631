# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let ldap3 return the entries of a search with only their raw values."""

from __future__ import annotations

from typing import Any

_ENTRY = 4
"""The tag of SearchResultEntry (RFC 4511 4.5.2)."""


def keep_raw_values(connection: Any) -> None:
    """Let a connection return entries with ``raw_dn`` and ``raw_attributes`` only.

    ldap3 makes a text of each value too, which takes twice as long as the rest of its decoding, and has no option
    against it: tests/upstream/test_ldap3.py::test_each_value_is_decoded_as_text_too
    """
    decode = connection.strategy.decode_response_fast

    def decode_response(message: dict[str, Any]) -> dict[str, Any]:
        if message["protocolOp"] != _ENTRY:
            decoded: dict[str, Any] = decode(message)
            return decoded
        name, attributes = message["payload"]
        pairs = (attribute[3] for attribute in attributes[3])
        raw = {kind[3].decode(): [value[3] for value in values[3]] for kind, values in pairs}
        return {"type": "searchResEntry", "raw_dn": name[3], "raw_attributes": raw}

    connection.strategy.decode_response_fast = decode_response
