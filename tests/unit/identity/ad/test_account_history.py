# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an account was made and when its UPN last changed, as Active Directory and Samba say it."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.account_history import (
    AccountHistory,
    read_history,
)


def xml(attribute: str, time: str) -> bytes:
    """A value as a Windows server writes it, with a NUL at its end."""
    return (
        f"<DS_REPL_ATTR_META_DATA>\n\t<pszAttributeName>{attribute}</pszAttributeName>\n\t<dwVersion>2</dwVersion>\n"
        f"\t<ftimeLastOriginatingChange>{time}</ftimeLastOriginatingChange>\n</DS_REPL_ATTR_META_DATA>\n\0"
    ).encode()


def binary(*entries: tuple[int, int], version: int = 1) -> bytes:
    head = struct.pack("<IIII", version, 0, len(entries), 0)
    return head + b"".join(struct.pack("<IIQ16sQQ", key, 1, time, b"\7" * 16, 9, 9) for key, time in entries)


UPN, CN = 0x00090290, 0x00000003
XML = [xml("cn", "2019-01-01T00:00:00Z"), xml("userPrincipalName", "2024-03-05T08:14:21Z")]
# 2026-11-24T09:15:30Z, in seconds since 1601.
BINARY = binary((CN, 1), (UPN, 13439985330))


@pytest.mark.parametrize(
    ("attributes", "history"),
    [
        ({"whencreated": [b"20191124101530.0Z"]}, AccountHistory("2019-11-24T10:15:30Z", None)),
        ({"msds-replattributemetadata": XML}, AccountHistory(None, "2024-03-05T08:14:21Z")),
        ({"replpropertymetadata": [BINARY]}, AccountHistory(None, "2026-11-24T09:15:30Z")),
        # A Windows server has both, which say the same.
        (
            {"msds-replattributemetadata": XML, "replpropertymetadata": [BINARY]},
            AccountHistory(None, "2024-03-05T08:14:21Z"),
        ),
        ({"msds-replattributemetadata": XML[:1]}, AccountHistory(None, None)),
        ({"replpropertymetadata": [binary((CN, 1))]}, AccountHistory(None, None)),
        ({"replpropertymetadata": [binary((UPN, 13439985330), version=2)]}, AccountHistory(None, None)),
        ({"replpropertymetadata": [binary((UPN, 2**64 - 1))]}, AccountHistory(None, None)),
        ({"replpropertymetadata": [BINARY[:-1]]}, AccountHistory(None, None)),
        ({"whencreated": [b"yesterday"]}, AccountHistory(None, None)),
        ({}, AccountHistory(None, None)),
    ],
)
def test_times(attributes: dict[str, list[bytes]], history: AccountHistory) -> None:
    assert read_history(attributes) == history


@given(st.binary(max_size=200), st.lists(st.binary(max_size=60), max_size=3))
def test_any_values_can_be_read(blob: bytes, values: list[bytes]) -> None:
    head = struct.pack("<IIII", 1, 0, 3, 0)
    attributes = {"whencreated": values, "msds-replattributemetadata": values, "replpropertymetadata": [head + blob]}
    history = read_history(attributes)
    assert history.created is None
    assert history.upn_changed is None or history.upn_changed.endswith("Z")
