# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Graph's JSON at the edge: whatever it is, what is left of it can be used."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import make_cloud_user
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra import graph_json
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.graph_json import (
    faults,
    is_user,
    readable_user,
    unreadable_sentence,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.snapshot_user import make_snapshot_user
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import (
    PROPERTIES,
    make_described_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.synced_tenant import (
    SYNC_PROPERTIES,
    SyncedTenant,
    make_synced_user,
)

ID = "00000000-0000-4000-8000-000000000001"
NAMES = sorted({*PROPERTIES, *SYNC_PROPERTIES, "manager", "mailNickname"} - {"id"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("id"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_every_record_can_be_made_of_what_is_left(given_user: dict[str, Any]) -> None:
    left, unreadable = readable_user({"id": ID, **given_user})
    assert is_user(left)
    assert not faults(left)
    assert {name for name in given_user if name not in left} <= set(unreadable)
    for make in (make_cloud_user, make_snapshot_user, make_described_user):
        str(make(left, False, unreadable)).encode()
    synced = make_synced_user(left, False, unreadable)
    SyncedTenant([synced])
    str(synced).encode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("createdDateTime", "2026-11-01T10:00:00"),
        ("createdDateTime", "soon"),
        ("manager", {"userPrincipalName": "m@contoso.com"}),
        ("manager", {"id": "m"}),
        ("businessPhones", "+49 1"),
        ("onPremisesExtensionAttributes", {"extensionAttribute1": 5}),
        ("onPremisesProvisioningErrors", [{"value": ["x"]}]),
        ("isPrivileged", "true"),
        ("principal", "someone"),
        ("userPrincipalName", "\ud83d"),
    ],
)
def test_a_value_of_another_type(name: str, value: Any) -> None:
    assert faults({name: value}) == [name]
    assert faults({name: None}) == []


def test_what_is_needed_and_what_is_not_read() -> None:
    assert faults({"id": None}, ("id", "principalId")) == ["id", "principalId"]
    assert faults({"somethingNew": {"a": [1]}, "@odata.type": 5}) == []


@pytest.mark.parametrize("value", [None, 5, "", "x", f"{ID}/", f" {ID}", f"{ID}\n", "../users"])
def test_an_id_that_may_not_go_into_a_url(value: Any) -> None:
    assert not is_user({"id": value})


def test_a_user_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_json, "MAX_OBJECT", 150)
    assert is_user({"id": ID, "a": ["x" * 30, {"b": "x" * 30}]})
    assert not is_user({"id": ID, "a": ["x" * 70, {"b": "x" * 70}]})


def test_a_sentence_names_what_could_not_be_read() -> None:
    assert "(mail is not as documented)" in str(unreadable_sentence(make_cloud_user({"id": ID}, unreadable=["mail"])))
    assert unreadable_sentence(make_cloud_user({"id": ID})) is None
