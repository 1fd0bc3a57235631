# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AD values at the edge: an object without a fault can be used, whatever its values are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.state import account_state, added_since
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.faults import (
    has_guid,
    left_out_warnings,
    object_fault,
    whole_number,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.kinds import not_a_user, system_account
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import (
    ad_attributes,
    ldap_attributes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AD_ATTRIBUTES, read_ad_user

NAMES = sorted(
    {
        name.lower()
        for name in (
            *AD_ATTRIBUTES,
            *ldap_attributes(),
            "sAMAccountType",
            "pwdLastSet",
            "whenCreated",
            "objectClass",
            "msExchRecipientTypeDetails",
            "msExchMailboxGuid",
        )
    }
    - {"objectguid"}
)
VALUE = (
    st.binary(max_size=20)
    | st.integers().map(lambda number: str(number).encode())
    | st.text(max_size=9).map(str.encode)
)


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(VALUE, min_size=1, max_size=3)), st.text(max_size=9))
def test_what_has_no_fault_can_be_used(attributes: dict[str, list[bytes]], name: str) -> None:
    attributes["objectguid"] = [bytes(16)]
    not_a_user(attributes)
    system_account(name, attributes)
    added_since(attributes)
    account_state(name, attributes)
    if object_fault(name, attributes) is None:
        read_ad_user(name, attributes)
        ad_attributes(attributes)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"mail": [b"a@b.c", b"d@b.c"]}, "mail of CN=a has 2 values instead of one"),
        ({"useraccountcontrol": [b"0x200"]}, "useraccountcontrol of CN=a is not a number"),
        ({"displayname": [b"\xff"]}, "displayname of CN=a is not a string"),
    ],
)
def test_a_fault_is_a_sentence(attributes: dict[str, list[bytes]], words: str) -> None:
    assert str(object_fault("CN=a", attributes)).startswith(f"{words}, so this object is not changed")


def test_what_is_no_fault() -> None:
    assert object_fault("CN=a", {"proxyaddresses": [b"a", b"b"], "userparameters": [b"\xff"], "mail": []}) is None
    assert object_fault("CN=a", {"useraccountcontrol": [b"-2147483136"], "displayname": ["ä".encode()]}) is None


def test_a_guid_has_sixteen_bytes_and_comes_once() -> None:
    assert has_guid({"objectguid": [bytes(16)]})
    assert not any(has_guid({"objectguid": values}) for values in ([], [b"x"], [bytes(16), bytes(16)]))
    assert left_out_warnings([]) == []
    assert "2 objects were skipped" in left_out_warnings(["CN=a", "CN=b"])[0]


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("0", 0), ("300", None), ("-1", None), ("x", None), (None, None), ("٣", None)]
)
def test_numbers(text: str | None, number: int | None) -> None:
    assert whole_number(text, 256) == number
