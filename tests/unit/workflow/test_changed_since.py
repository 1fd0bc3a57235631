# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""match_apply reads again whom a plan changes: who changed between the two is refused, and the others are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from estate import IDS, STAFF, VALUES, Estate, upn
from forest_script import DOMAIN, guid, person
from scripted_graph import object_id, user
from shield_script import account, group, group_dn

OTHERS = {"bob": ("set", None), "carl": ("set", None)}
HOLDER = object_id(70)


def no_options(_estate: Estate) -> dict[str, Any]:
    return {}


def with_holder(estate: Estate) -> dict[str, Any]:
    """A user in the recycle bin holds anna's ImmutableId, and the caller purges it."""
    estate.graph.put(user(70, immutable_id=VALUES["anna"]), deleted=True)
    return {"deleted_holders": {"purge": [HOLDER]}}


def rename_cloud_user(estate: Estate) -> None:
    estate.graph.users[IDS["anna"]]["userPrincipalName"] = "anna.smith@contoso.com"


def delete_cloud_user(estate: Estate) -> None:
    estate.graph.put(estate.graph.users.pop(IDS["anna"]), deleted=True)


def restore_holder(estate: Estate) -> None:
    estate.graph.put(estate.graph.deleted.pop(HOLDER))


def sync_cloud_user(estate: Estate) -> None:
    estate.graph.users[IDS["anna"]] |= {
        "onPremisesSyncEnabled": True,
        "onPremisesImmutableId": "AAAAAAAAAAAAAAAAAAAAAA==",
    }


def rename_account(estate: Estate) -> None:
    estate.directory.change("anna", userPrincipalName=["anna.smith@contoso.com"])


def protect(estate: Estate) -> None:
    estate.directory.change("anna", memberOf=[group_dn("Domain Admins")])


def give_names(estate: Estate, given: str, surname: str) -> None:
    estate.directory.change("anna", givenName=["Anna"], sn=["Berg"])
    estate.graph.users[IDS["anna"]].update(givenName=given, surname=surname)


def with_names(estate: Estate) -> dict[str, Any]:
    give_names(estate, "Anna", "Berg")
    return {}


def claim(estate: Estate) -> None:
    estate.directory.put(person(9, "mallory", mS_DS_ConsistencyGuid=[guid(1).bytes_le], **account(1609)))


# The log shows the reason, so it does not say what makes the user an administrator.
PROTECTED_NOW = "made: The user is protected now; a new plan says why."


CASES: dict[str, tuple[Callable[[Estate], dict[str, Any]], Callable[[Estate], object], str]] = {
    "cloud user renamed": (no_options, rename_cloud_user, "There is no active cloud user anna@contoso.com"),
    "cloud user deleted": (no_options, delete_cloud_user, "There is no active cloud user anna@contoso.com"),
    "deleted user restored": (with_holder, restore_holder, "The values of anna@contoso.com changed"),
    "cloud user synchronised": (no_options, sync_cloud_user, "already synchronised"),
    "cloud user given a role": (
        no_options, lambda estate: estate.graph.assign(IDS["anna"]), PROTECTED_NOW
    ),
    "cloud user made eligible": (
        no_options,
        lambda estate: estate.graph.assign(IDS["anna"], "roleEligibilitySchedules"),
        PROTECTED_NOW,
    ),
    "AD account renamed": (no_options, rename_account, "There is no active cloud user anna.smith@contoso.com"),
    "AD account moved out of the scope": (
        lambda _estate: {"scope": {"search_base": STAFF}},
        lambda estate: estate.directory.move("anna", f"OU=Other,{DOMAIN}"),
        "no longer in the scope of the plan",
    ),
    "AD account deleted": (no_options, lambda estate: estate.directory.delete("anna"), "or was deleted"),
    "AD account stamped": (
        no_options,
        lambda estate: estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(50).bytes_le]),
        "neither the GUID of the account nor the ImmutableId of the cloud user",
    ),
    "AD account made a Domain Admin": (no_options, protect, PROTECTED_NOW),
    "AD account disabled": (
        no_options,
        lambda estate: estate.directory.change("anna", userAccountControl=["514"]),
        "The AD account of anna@contoso.com is disabled",
    ),
    "cloud user given an address": (
        no_options,
        lambda estate: estate.graph.users[IDS["anna"]].update(proxyAddresses=["smtp:anna.smith@contoso.com"]),
        "remove 1 address of anna@contoso.com in Entra ID (anna.smith@contoso.com)",
    ),
    "cloud user made a guest": (
        no_options,
        lambda estate: estate.graph.users[IDS["anna"]].update(userType="Guest"),
        "anna@contoso.com is a guest",
    ),
    "names of another person": (
        with_names,
        lambda estate: give_names(estate, "Bob", "Marley"),
        "seem to belong to two people",
    ),
    "anchor claimed by another account": (no_options, claim, "the mS-DS-ConsistencyGuid of the user CN=mallory"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def domain_admins(estate: Estate) -> None:
    admins = group("Domain Admins", 512)
    estate.directory.held[admins.name] = {
        **{
            name: [each if isinstance(each, bytes) else each.encode() for each in values]
            for name, values in admins.values.items()
        },
        "objectClass": [b"top", b"group"],
        "objectGUID": [guid(200).bytes_le],
    }


@pytest.mark.parametrize("case", sorted(CASES))
def test_who_changed_since_the_plan_is_refused_and_the_others_are_written(estate: Estate, case: str) -> None:
    prepare, change, words = CASES[case]
    plan = estate.plan(**prepare(estate))
    assert plan["verdict"] == ""
    assert plan["summary"]["changes"] >= 3
    change(estate)
    before = estate.values()

    result = estate.apply(plan)
    assert estate.changes() == {"anna": ("refused", "changed_since"), **OTHERS}
    assert words in estate.users()["anna"]["change"]["reason"]
    assert estate.users()["anna"]["change"]["writes"] == []
    assert result["verdict"].startswith("1 of 3 planned users was not changed: anna@contoso.com: ")
    assert (result["changed"], result["summary"]["set"], result["summary"]["refused"]) == (True, 2, 1)
    assert estate.values() == {**before, "bob": VALUES["bob"], "carl": VALUES["carl"]}
    assert not [each for each in estate.graph.writes if IDS["anna"] in each or HOLDER in each]


def test_nothing_changed(estate: Estate) -> None:
    result = estate.apply(estate.plan())
    assert result["verdict"] == ""
    assert estate.values() == VALUES
    assert estate.changes() == {"anna": ("set", None), **OTHERS}


@pytest.mark.parametrize("case", sorted(CASES))
def test_check_mode_says_the_same_and_writes_nothing(estate: Estate, case: str) -> None:
    prepare, change, _words = CASES[case]
    plan = estate.plan(**prepare(estate))
    change(estate)
    result = estate.apply(plan, check=True)
    assert result["verdict"].startswith("1 of 3 planned users was not changed: anna@contoso.com: ")
    assert (result["changed"], result["summary"]["set"]) == (True, 2)
    assert estate.directory.writes == []
    assert [each for each in estate.graph.writes if not each.startswith("POST")] == []
    assert not (estate.folder / "result.jsonl").exists()
    assert not estate.journal.exists()


def test_who_is_in_scope_by_name_and_renamed_is_refused(estate: Estate) -> None:
    """Also if somebody else has the name now."""
    plan = estate.plan(scope={"users": [upn(name) for name in IDS]})
    estate.directory.change("anna", userPrincipalName=["anna.smith@contoso.com"])
    estate.directory.put(person(9, "new", userPrincipalName=[upn("anna")], **account(1609)))
    estate.apply(plan)
    assert estate.changes() == {"anna": ("refused", "changed_since"), **OTHERS}
    assert estate.values()["anna"] is None
