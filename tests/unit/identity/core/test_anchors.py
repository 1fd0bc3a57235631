# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GUIDs, anchors and ImmutableIds, there and back."""

from __future__ import annotations

import base64
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    CONSISTENCY_GUID,
    OBJECT_GUID,
    anchor_bytes,
    guid_of_immutable_id,
    guid_text,
    immutable_id_of_bytes,
    immutable_id_of_guid,
    parse_guid,
    source_anchor,
    swapped_immutable_id,
)

VECTORS = [
    ("c8c6569e-4688-4f3c-8462-afc4ff60817b", "nlbGyIhGPE+EYq/E/2CBew=="),
    ("876031de-bfb1-4f8b-9cb0-1c67a6094d3e", "3jFgh7G/i0+csBxnpglNPg=="),
]
BASE64 = string.ascii_letters + string.digits + "+/="


@pytest.mark.parametrize(("guid", "value"), VECTORS)
def test_vectors(guid: str, value: str) -> None:
    assert (
        immutable_id_of_guid(guid)
        == immutable_id_of_guid(guid.upper())
        == immutable_id_of_guid(f" {{{guid}}} ")
        == value
    )
    assert str(guid_of_immutable_id(value)) == guid


def test_the_usual_mistake() -> None:
    """The wrong value that facts §1 shows for the second vector."""
    assert swapped_immutable_id(uuid.UUID(VECTORS[1][0])) == "h2Ax3r+xT4ucsBxnpglNPg=="


@given(st.uuids())
def test_a_guid_comes_back(guid: uuid.UUID) -> None:
    value = immutable_id_of_guid(guid)
    assert (len(value), value[-2:]) == (24, "==")
    assert guid_of_immutable_id(value) == guid
    assert immutable_id_of_guid(str(guid)) == value


@given(st.binary(min_size=16, max_size=16))
def test_the_bytes_of_active_directory_come_back(raw: bytes) -> None:
    assert immutable_id_of_bytes(raw) == immutable_id_of_guid(guid_text(raw))
    assert anchor_bytes(immutable_id_of_bytes(raw)) == raw


@given(st.binary(min_size=1, max_size=40))
def test_any_anchor_comes_back(raw: bytes) -> None:
    assert anchor_bytes(immutable_id_of_bytes(raw)) == raw


@given(st.one_of(st.text(max_size=30), st.text(alphabet=BASE64, max_size=30)))
def test_text_is_either_refused_or_the_only_spelling_of_its_bytes(text: str) -> None:
    try:
        raw = anchor_bytes(text)
    except InputError:
        return
    assert base64.b64encode(raw).decode() == text


@given(st.binary(min_size=1, max_size=40).filter(lambda raw: len(raw) != 16))
def test_other_than_sixteen_bytes_are_no_guid(raw: bytes) -> None:
    with pytest.raises(InputError, match=f"holds {len(raw)} bytes?, but a GUID has 16"):
        guid_of_immutable_id(immutable_id_of_bytes(raw))


@pytest.mark.parametrize("text", ["", "x", "876031debfb14f8b9cb01c67a6094d3e", "876031de-bfb1-4f8b-9cb0-1c67a6094d3g"])
def test_no_guid(text: str) -> None:
    with pytest.raises(InputError, match="is not a GUID; write it as"):
        parse_guid(text)


def test_a_guid_in_place_of_an_immutable_id() -> None:
    with pytest.raises(InputError, match="It is a GUID: use object_guid for it"):
        anchor_bytes(VECTORS[0][0])


@given(st.binary(min_size=16, max_size=16), st.one_of(st.none(), st.just(b""), st.binary(min_size=1, max_size=32)))
def test_the_source_anchor(guid: bytes, consistency: bytes | None) -> None:
    auto = source_anchor(guid, consistency)
    assert auto == source_anchor(guid, consistency, CONSISTENCY_GUID if consistency else OBJECT_GUID)
    assert auto.immutable_id == immutable_id_of_bytes(consistency or guid)
    assert source_anchor(guid, consistency, OBJECT_GUID).immutable_id == immutable_id_of_bytes(guid)
    if not consistency:
        assert source_anchor(guid, consistency, CONSISTENCY_GUID).immutable_id is None
