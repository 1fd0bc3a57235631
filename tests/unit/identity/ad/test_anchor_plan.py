# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may get which mS-DS-ConsistencyGuid: by the cloud's request, and back again."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.anchor_holders import (
    AnchorHolder,
    refuse_held,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.anchor_plan import (
    plan_requests,
    plan_restores,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.anchor_requests import (
    AnchorRequest,
    read_anchor_requests,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.objects import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.users import (
    AnchorChange,
    found_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    CONSISTENCY_GUID,
    OBJECT_GUID,
    guid_text,
    immutable_id_of_bytes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import (
    consistency_bytes,
    consistency_text,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.rollback import Undo


def raw(number: int) -> bytes:
    return uuid.UUID(int=number).bytes_le


def user(number: int, value: bytes = b"", **more: list[bytes]) -> AnchorChange:
    held = {"ms-ds-consistencyguid": [value]} if value else {}
    attributes = {"objectguid": [raw(number)], "userprincipalname": [b"u%d@contoso.com" % number], **held, **more}
    return found_user(AdObject(f"CN=u{number}", attributes), "auto")


def request(number: int, value: bytes) -> AnchorRequest:
    record = {"user_principal_name": f"u{number}@contoso.com", "immutable_id": immutable_id_of_bytes(value)}
    return read_anchor_requests([record])[0]


def undo(expected: bytes, restore: bytes) -> Undo:
    return Undo("id", "u1@contoso.com", CONSISTENCY_GUID, (consistency_text(expected),), consistency_text(restore))


@pytest.mark.parametrize(
    ("value", "overwrite", "status", "cause"),
    [
        (b"", False, "stamped", None),
        (raw(50), False, "found", None),
        (raw(60), False, "refused", "different_consistency_guid"),
        (raw(60), True, "stamped", None),
        (b"any bytes", True, "stamped", None),
    ],
)
def test_wishes(value: bytes, overwrite: bool, status: str, cause: str | None) -> None:
    (planned,) = plan_requests([user(1, value)], [request(1, raw(50))], overwrite)
    assert (planned.status, planned.cause) == (status, cause)
    assert planned.after == (value if cause else raw(50))


@pytest.mark.parametrize(
    ("now", "status", "cause"),
    [
        (raw(50), "put_back", None),
        (raw(40), "found", None),
        (b"", "refused", "changed_since"),
        (raw(60), "refused", "changed_since"),
    ],
)
def test_restores(now: bytes, status: str, cause: str | None) -> None:
    (planned,) = plan_restores([user(1, now)], [undo(raw(50), raw(40))])
    assert (planned.status, planned.cause) == (status, cause)
    assert planned.after == (raw(40) if status == "put_back" else now)


@pytest.mark.parametrize(
    ("named", "restore", "cause"),
    [
        ("boss@contoso.com", guid_text(raw(40)), "renamed_since"),
        (None, None, "renamed_since"),
        ("u1@contoso.com", "YW55IGJ5dGVz", "not_restorable"),
        ("u1@contoso.com", ["x"], "not_restorable"),
        ("U1@contoso.com", None, None),
    ],
)
def test_a_journal_is_not_believed(named: Any, restore: Any, cause: str | None) -> None:
    held = (consistency_text(raw(50)),)
    (planned,) = plan_restores([user(1, raw(50))], [Undo("id", named, CONSISTENCY_GUID, held, restore)])
    assert (planned.cause, planned.after) == (cause, raw(50) if cause else b"")


def test_what_the_cloud_owns_is_neither_stamped_nor_restored() -> None:
    cloud = user(1, raw(50), **{"msds-objectsoa": [b"Cloud"]})
    found = [*plan_requests([cloud], [request(1, raw(40))], True), *plan_restores([cloud], [undo(raw(50), raw(40))])]
    assert [each.cause for each in found] == ["cloud_managed_account"] * 2


def holders(*pairs: tuple[int, str, int]) -> dict[bytes, list[AnchorHolder]]:
    found: dict[bytes, list[AnchorHolder]] = {}
    for guid, attribute, value in pairs:
        found.setdefault(raw(value), []).append(AnchorHolder(raw(guid), attribute, "user", f"CN=u{guid}"))
    return found


def test_a_value_of_another_object_is_refused_and_the_own_guid_is_not() -> None:
    users = [user(number).to(raw(value)) for number, value in ((1, 50), (2, 60), (3, 3), (4, 4))]
    known = holders((9, OBJECT_GUID, 50), (8, CONSISTENCY_GUID, 60), (3, OBJECT_GUID, 3), (7, CONSISTENCY_GUID, 4))
    found = refuse_held(users, known)
    assert [each.cause for each in found] == ["held_by_user", "held_by_user", None, "held_by_user"]
    assert "the objectGUID of the user CN=u9" in str(found[0].reason)


def test_a_value_may_move_within_a_plan_but_not_from_who_is_refused() -> None:
    swap = [user(1, raw(50)).to(raw(60)), user(2, raw(60)).to(raw(50))]
    known = holders((1, CONSISTENCY_GUID, 50), (2, CONSISTENCY_GUID, 60))
    assert [each.status for each in refuse_held(swap, known)] == ["stamped", "stamped"]
    chain = [*swap[:1], user(2, raw(60)).to(raw(70)), user(3, raw(70)).to(raw(80))]
    known |= holders((3, CONSISTENCY_GUID, 70), (9, OBJECT_GUID, 80))
    assert [each.cause for each in refuse_held(chain, known)] == ["held_by_user"] * 3


@given(st.binary(max_size=40))
def test_a_value_survives_its_text(value: bytes) -> None:
    assert consistency_bytes(consistency_text(value)) == value


@pytest.mark.parametrize("text", ["", "no base64", "876031debfb14f8b9cb01c67a6094d3e-"])
def test_a_text_that_is_no_value(text: str) -> None:
    with pytest.raises(InputError):
        consistency_bytes(text)
