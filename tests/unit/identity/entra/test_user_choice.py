# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cloud users are taken, and what their records hold."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import REFERENCE, ROWS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.cloud_identity import (
    read_identity,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import (
    PROPERTIES,
    Choice,
    DescribedUser,
    choose_asked,
    choose_listed,
    default_filter,
    make_described_user,
)


def key(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def user(name: str, **more: Any) -> DescribedUser:
    return make_described_user(
        {"id": key(name), "userPrincipalName": f"{name}@contoso.com", "accountEnabled": True, **more}
    )


def test_a_record_holds_every_row_of_the_map() -> None:
    anna = user("anna", manager={"id": "1", "userPrincipalName": "boss@contoso.com"}, employeeType="Intern")
    (record,) = choose_listed([anna], Choice())
    assert {row.record for row in ROWS} <= record.keys()
    assert record["manager"] == {"id": "1", "user_principal_name": "boss@contoso.com"}
    assert record["employee_type"] == "Intern"
    assert {row.entra.partition(".")[0] for row in ROWS if row.form != REFERENCE} <= set(PROPERTIES)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (Choice(), ["anna", "dora"]),
        (Choice(user_types=frozenset({"guest"})), ["guest"]),
        (Choice(sync_states=frozenset({"synced", "formerly_synced"})), ["once", "sync"]),
        (Choice(enabled=False), ["dora"]),
        (Choice(domains=frozenset({"fabrikam.com"})), []),
        (Choice(members=frozenset({key("anna")})), ["anna"]),
    ],
)
def test_conditions(choice: Choice, names: list[str]) -> None:
    everybody = [
        user("sync", onPremisesSyncEnabled=True, userType="Member"),
        user("once", onPremisesSyncEnabled=False),
        user("guest", userType="Guest"),
        user("dora", accountEnabled=False),
        user("anna"),
    ]
    assert [each["user_principal_name"].partition("@")[0] for each in choose_listed(everybody, choice)] == names


def test_who_was_asked_for_and_is_not_taken_is_told() -> None:
    found = [user("anna"), user("guest", userType="Guest")]
    asked = map(read_identity, [key("anna").upper(), "guest@contoso.com", "nobody@contoso.com"])
    results = choose_asked(list(asked), found, Choice())
    assert [each["status"] for each in results] == ["found", "left_out", "not_found"]
    assert [each["cause"] for each in results] == [None, "user_type", "no_cloud_user"]
    assert results[2].keys() == results[0].keys()


def test_only_what_graph_takes_without_an_advanced_query_is_asked_of_it() -> None:
    assert default_filter(Choice()) is None
    assert default_filter(Choice(enabled=True)) == "accountEnabled eq true"
    both = Choice(user_types=frozenset({"guest"}), sync_states=frozenset({"synced"}))
    assert default_filter(both) == "userType eq 'Guest' and onPremisesSyncEnabled eq true"
