# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cloud users are taken, and what their records hold."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import REFERENCE, ROWS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.cloud_identity import (
    read_identity,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.scope.exclusions import read_exclusions
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import (
    PROPERTIES,
    Choice,
    DescribedUser,
    choose_asked,
    choose_listed,
    default_filter,
    list_candidates,
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
    listed = choose_listed(everybody, choice)
    assert [each["user_principal_name"].partition("@")[0] for each in listed if each["status"] == "found"] == names


def licensed(name: str, mailbox: str | None = None, **more: Any) -> DescribedUser:
    return replace(user(name, assignedLicenses=[{"skuId": "x"}], **more), mailbox=mailbox)


def test_those_who_are_no_people_with_a_licence_are_listed_with_the_reason() -> None:
    everybody = [
        licensed("anna", "user"),
        licensed("bert"),
        user("cleo", assignedLicenses=[]),
        user("dora"),
        licensed("info", "shared"),
        licensed("room1", "room"),
        licensed("truck", "equipment"),
        licensed("guest", userType="Guest"),
        licensed("emergency"),
        licensed("other", userPrincipalName="other@fabrikam.com"),
    ]
    excluded = read_exclusions({"users": ["emergency@contoso.com"]}).users
    choice = Choice(domains=frozenset({"contoso.com"}), excluded=excluded, with_unlicensed=False)
    listed = choose_listed(everybody, choice)
    assert {each["user_principal_name"].partition("@")[0]: each["cause"] for each in listed} == {
        "anna": None,
        "bert": None,
        "cleo": "unlicensed",
        "dora": None,  # Graph does not say it, and nothing is guessed.
        "emergency": "excluded_user",
        "guest": "user_type",
        "info": "shared_mailbox",
        "room1": "room_mailbox",
        "truck": "equipment_mailbox",
    }
    assert {each["status"] for each in listed if each["cause"]} == {"left_out"}
    reasons = {each["cause"]: each["reason"] for each in listed}
    assert reasons["unlicensed"] == "The user has no licence, and include_unlicensed is false."
    assert reasons["room_mailbox"] == "The user has the mailbox of a room."
    assert len([each for each in choose_listed(everybody, replace(choice, with_unlicensed=True)) if each["cause"]]) == 5


def test_mailboxes_are_asked_for_only_where_the_answer_counts() -> None:
    everybody = [
        licensed("anna", mail="anna@contoso.com"),
        licensed("bert", proxyAddresses=["SMTP:bert@contoso.com"]),
        licensed("nomail"),
        user("cleo", mail="cleo@contoso.com", assignedLicenses=[]),
        licensed("guest", mail="guest@contoso.com", userType="Guest"),
    ]
    found = list_candidates(everybody, Choice(with_unlicensed=False))
    assert [each.user.user_principal_name for each in found] == ["anna@contoso.com", "bert@contoso.com"]


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
