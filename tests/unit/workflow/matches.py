# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users of both directories as the pure functions take them: account n and cloud user n have one name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from forest_script import guid, person
from scripted_graph import object_id

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.objects import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.users import (
    AnchorChange,
    found_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import (
    CloudUser,
    make_cloud_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.directory_view import AdAccount
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_changes import (
    MatchChange,
    Matching,
    plan_matches,
)

NAMES = ("anna", "bob", "carl", "dora")


def name_of(number: int) -> str:
    return NAMES[number - 1] if number <= len(NAMES) else f"u{number}"


def anchor(number: int) -> str:
    """The ImmutableId of the GUID of an account."""
    return immutable_id_of_guid(guid(number))


def found(number: int, held: int | None = None, **more: Any) -> AnchorChange:
    """An account as it was read; ``held``: whose GUID it has in mS-DS-ConsistencyGuid."""
    value = guid(held).bytes_le if held else b""
    entry = person(number, name_of(number), mS_DS_ConsistencyGuid=[value] if value else [], **more)
    attributes = {
        name.lower(): [each.encode() if isinstance(each, str) else each for each in values]
        for name, values in entry.values.items()
    }
    return found_user(AdObject(entry.name, attributes), "auto")


def cloud(number: int, held: int | str | None = None, deleted: bool = False, **more: Any) -> CloudUser:
    """A cloud user; ``held``: whose anchor it has, or a text."""
    given = {
        "id": object_id(number),
        "userPrincipalName": f"{name_of(number).title()}@contoso.com",
        "onPremisesImmutableId": anchor(held) if isinstance(held, int) else held,
        "onPremisesSyncEnabled": None,
    }
    return make_cloud_user({**given, **more}, deleted)


def account(number: int, held: int | None = None, **more: Any) -> AdAccount:
    """An account as a view shows it."""
    name = name_of(number)
    known = AdAccount(str(guid(number)), f"CN={name},DC=x", f"{name}@contoso.com", anchor(number))
    return replace(known, consistency=anchor(held) if held else None, **more)


def planned(users: Sequence[AnchorChange], tenant: Sequence[CloudUser], **matching: Any) -> list[MatchChange]:
    return plan_matches(users, UserIndex(tenant), Matching(**matching))
