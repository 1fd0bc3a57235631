# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cloud users keep an account from being removed, and people who are put back as a whole or not at all."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from support.descriptors import of_domain

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.objects import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import CloudUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.sids import sid_text
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.rollback import Undo
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import (
    PROPERTY,
    ImmutableIdChange,
    plan_changes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import (
    request_restores,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback.account_restores import (
    REMOVED,
    AccountRestore,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback.linked_users import (
    LinkedUser,
    list_links,
    refuse_linked,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback.user_rollback import (
    UserRollback,
    join_users,
)


def guid(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)


def value(number: int) -> str:
    return immutable_id_of_guid(guid(number))


def account(number: int, upn: str, **more: bytes) -> AccountRestore:
    """The removal of an account."""
    shown = {"objectguid": guid(number).bytes_le, "objectsid": of_domain(1600 + number), **more}
    found = AdObject(f"CN={number},DC=ad", {name: [raw] for name, raw in shown.items()})
    return AccountRestore(REMOVED, upn, found, key=upn, guid=str(guid(number)))


def cloud(number: int, upn: str, held: str | None = None, **more: Any) -> CloudUser:
    known = {"sync_enabled": None, "mail": None, "proxy_addresses": (), "enabled": True, "deleted": False}
    return CloudUser(f"00000000-0000-4000-8000-{number:012d}", upn, held, **{**known, **more})


def cleared(*users: CloudUser, left: str | None = None) -> list[tuple[Undo, ImmutableIdChange]]:
    """The changes that take the ImmutableIds of users back, which a run set."""
    undos = [Undo(user.id, user.user_principal_name, PROPERTY, (left or user.immutable_id,), None) for user in users]
    return list(zip(undos, plan_changes(request_restores(undos), UserIndex(users)), strict=True))


def outcomes(users: list[UserRollback]) -> dict[str, tuple[str, str | None]]:
    return {user.name: (user.status, user.deciding.cause if user.deciding else None) for user in users}


def test_a_user_whose_value_goes_back_does_not_keep_the_account() -> None:
    anna = cloud(1, "anna@x.com", value(1))
    users = join_users(cleared(anna), [], [account(1, "anna@x.com")])
    assert outcomes(refuse_linked(users, [LinkedUser(anna, None)])) == {"anna@x.com": ("removed", None)}


def test_whom_the_rollback_refuses_keeps_the_account_of_another() -> None:
    """Bob's account has Anna's value too. She would lose it, but somebody else keeps her account."""
    anna = cloud(1, "anna@x.com", value(1))
    same = {"ms-ds-consistencyguid": guid(1).bytes_le}
    users = join_users(cleared(anna), [], [account(1, "anna@x.com"), account(2, "bob@x.com", **same)])
    assert set(outcomes(refuse_linked(users, [LinkedUser(anna, None)])).values()) == {("removed", None)}
    synced = LinkedUser(cloud(3, "carl@x.com", sync_enabled=True), sid_text(of_domain(1601)))
    assert outcomes(refuse_linked(users, [LinkedUser(anna, None), synced])) == {
        "anna@x.com": ("refused", "synchronised"),
        "bob@x.com": ("refused", "has_cloud_user"),
    }


@pytest.mark.parametrize(
    ("held", "bobs", "owner"),
    [
        (1, 2, "anna@x.com"),  # Anna's objectGUID
        (9, 2, "anna@x.com"),  # Anna's mS-DS-ConsistencyGuid
        (1, 1, "anna@x.com"),  # Anna's objectGUID, which Bob's account has too
        (5, 2, "bob@x.com"),  # nobody's
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_whose_an_immutable_id_is(held: int, bobs: int, owner: str, order: int) -> None:
    """The cloud user has Bob's name."""
    stamps = [{"ms-ds-consistencyguid": guid(number).bytes_le} for number in (9, bobs)]
    accounts = [account(1, "anna@x.com", **stamps[0]), account(2, "bob@x.com", **stamps[1])][::order]
    users = join_users(cleared(cloud(2, "bob@x.com", value(held))), [], accounts)
    assert [user.name for user in users if user.immutable_ids] == [owner]


def test_a_security_identifier_keeps_the_account_whatever_goes_back() -> None:
    """A cloud user may have one without being synchronised with Entra Connect (facts §12)."""
    anna = cloud(1, "anna@x.com", value(1))
    users = join_users(cleared(anna), [], [account(1, "anna@x.com")])
    (links,) = list_links(users)
    linked = LinkedUser(anna, links.security_identifier)
    assert outcomes(refuse_linked(users, [linked])) == {"anna@x.com": ("refused", "has_cloud_user")}


@pytest.mark.parametrize(
    ("more", "linked", "unread", "cause"),
    [
        ({"objectsid": b"hidden"}, [], (), "unreadable_object"),
        ({}, [], ("deleted_users",), "unread_deleted_users"),
        ({}, [cloud(9, "odd@x.com", unreadable=("onPremisesSyncEnabled",))], (), "unreadable_user"),
        ({}, [cloud(9, "gone@x.com", value(1), deleted=True)], (), "has_cloud_user"),
    ],
)
def test_what_cannot_be_told_keeps_the_account(
    more: dict[str, bytes], linked: list[CloudUser], unread: tuple[str, ...], cause: str
) -> None:
    users = join_users([], [], [account(1, "anna@x.com", **more)])
    found = refuse_linked(users, [LinkedUser(each, None) for each in linked], unread)
    assert outcomes(found) == {"anna@x.com": ("refused", cause)}


def test_a_person_is_refused_as_a_whole() -> None:
    anna, bob = cloud(1, "anna@x.com", value(7)), cloud(2, "bob@x.com", value(2))
    changes = [*cleared(anna, left=value(1)), *cleared(bob)]
    users = join_users(changes, [], [account(1, "anna@x.com"), account(2, "bob@x.com")])
    assert outcomes(users) == {"anna@x.com": ("refused", "changed_since"), "bob@x.com": ("removed", None)}
    assert [part.changed for user in users for part in user.parts] == [False, False, True, True]
