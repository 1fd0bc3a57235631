# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A person goes back as a whole or not at all: the ImmutableId, the anchor and the account."""

from __future__ import annotations

from typing import Any

import pytest
from estate import IDS, NAMES, STAFF, VALUES, Estate, upn
from forest_script import guid
from ldap_wire import Done, Entry, Modify, Search
from renamed import by_mapping, rename_everybody
from rolled_back import (
    MADE,
    NOBODY,
    REMOVED,
    filled_entry,
    make_accounts,
    people,
    statuses,
)
from scripted_graph import TENANT_ID, user
from shield_script import SELF
from support.descriptors import DENIED as DENIED_ENTRY
from support.descriptors import ace, descriptor, of_domain, sid

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.security_descriptor import (
    DELETE,
    DELETE_CHILD,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import (
    JournalEntry,
)

EVERYONE, GENERIC_READ = sid(0, authority=1), 0x80000000


def set_entry(name: str, value: Any) -> JournalEntry:
    """The line of a run that set the ImmutableId of a cloud user."""
    return JournalEntry(IDS[name], upn(name), "onPremisesImmutableId", None, value, ("tenant", TENANT_ID))


def put_below(estate: Estate, name: str) -> None:
    """Put an object below an account."""
    below: dict[str, list[bytes | str]] = {"objectGUID": [guid(40).bytes_le], "objectClass": ["top", "container"]}
    estate.directory.put(Entry(f"CN=ExchangeActiveSyncDevices,CN={name},{STAFF}", below))


def test_an_account_with_objects_below_it_stays_with_its_match(estate: Estate) -> None:
    """A directory removes no object that has others below it, and Entra would have been written before it says so."""
    make_accounts(estate)
    estate.match(MADE)
    put_below(estate, "anna")
    refused = estate.roll_back(MADE)
    assert statuses(refused)["anna"] == ("refused", "has_children")
    assert f"CN=anna,{STAFF} has objects below it" in refused["verdict"]
    assert (refused["changed"], estate.values(), people(estate)) == (False, VALUES, set(NAMES))
    result = estate.roll_back(MADE, max_refused="1")
    assert (estate.values(), people(estate)) == ({**NOBODY, "anna": VALUES["anna"]}, {"anna"})
    assert result["verdict"] == ""


@pytest.mark.parametrize(("writable", "disabled"), [("description", False), ("userAccountControl", True)])
def test_an_account_that_may_not_be_disabled_stays_with_its_match(
    estate: Estate, writable: str, disabled: bool
) -> None:
    make_accounts(estate)
    estate.match(MADE)
    rights = {"allowedAttributes": ["description", "userAccountControl"], "allowedAttributesEffective": [writable]}
    estate.directory.change("anna", **rights, lastLogonTimestamp=["133500000000000000"], logonCount=["1"])
    result = estate.roll_back(MADE, max_refused="1")
    assert statuses(result)["anna"] == (("disabled", "signed_in") if disabled else ("refused", "not_permitted"))
    assert estate.values()["anna"] == (None if disabled else VALUES["anna"])


@pytest.mark.parametrize(
    ("on_account", "on_parent", "cause"),
    [
        ([], [ace(sid(11), DELETE_CHILD)], None),
        (
            [ace(EVERYONE, DELETE, DENIED_ENTRY), ace(of_domain(SELF), DELETE)],
            [ace(sid(11), GENERIC_READ)],
            "not_permitted",
        ),
        ([], [], "not_permitted"),
    ],
)
def test_an_account_that_may_not_be_deleted_stays_with_its_match(
    estate: Estate, on_account: list[bytes], on_parent: list[bytes], cause: str | None
) -> None:
    """A directory would say so only after Entra was written."""
    make_accounts(estate)
    estate.match(MADE)
    estate.directory.change("anna", nTSecurityDescriptor=[descriptor(*on_account)])
    parent: dict[str, list[bytes | str]] = {"objectGUID": [guid(41).bytes_le], "objectClass": ["organizationalUnit"]}
    estate.directory.put(Entry(STAFF, {**parent, "nTSecurityDescriptor": [descriptor(*on_parent)]}))
    result = estate.roll_back(MADE, max_refused="1")
    expected = ("refused", cause) if cause else REMOVED
    assert statuses(result) == {"anna": expected, "bob": REMOVED, "carl": REMOVED}
    assert estate.values() == ({**NOBODY, "anna": VALUES["anna"]} if cause else NOBODY)
    assert people(estate) == ({"anna"} if cause else set())


@pytest.mark.parametrize(
    ("more", "cause"),
    [({"onPremisesSyncEnabled": True}, "synchronised"), ({}, "has_cloud_user")],
)
def test_objects_below_an_account_that_stays_anyway_are_not_the_reason(
    estate: Estate, more: dict[str, Any], cause: str
) -> None:
    """Nobody should delete them."""
    make_accounts(estate)
    put_below(estate, "anna")
    estate.graph.put(user(9, "other@contoso.com", VALUES["anna"], **more))
    assert statuses(estate.roll_back(MADE))["anna"] == ("refused", cause)


def test_whose_value_goes_back_but_who_stays_keeps_the_account_of_another(estate: Estate) -> None:
    """Bob's account has Anna's value too. She would lose it, but there are objects below her account."""
    estate.directory.change("bob", **{"mS-DS-ConsistencyGuid": [guid(1).bytes_le]})
    make_accounts(estate, "anna", "bob")
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = VALUES["anna"]
    estate.write_journal(MADE, set_entry("anna", VALUES["anna"]))
    expected = {"anna": ("refused", "has_children"), "bob": ("refused", "has_cloud_user")}
    assert statuses(estate.roll_back(MADE, check=True)) == {"anna": REMOVED, "bob": REMOVED}
    put_below(estate, "anna")
    assert statuses(estate.roll_back(MADE, check=True)) == expected


def test_an_account_that_is_deleted_meanwhile_stops_only_its_own_user(estate: Estate) -> None:
    """After it was read, and before the search below it."""
    make_accounts(estate)
    estate.match(MADE)
    gone = f"<GUID={guid(1)}>".encode()
    estate.directory.answers = lambda sent: Done(32) if isinstance(sent, Search) and sent.base == gone else None
    refused = estate.roll_back(MADE)
    assert statuses(refused) == {"anna": ("refused", "changed_meanwhile"), "bob": REMOVED, "carl": REMOVED}
    assert f"CN=anna,{STAFF} was deleted while this task ran. Run the task again." in refused["verdict"]
    assert (refused["changed"], estate.values(), people(estate)) == (False, VALUES, set(NAMES))


@pytest.mark.parametrize("cause", ["has_children", "changed_since"])
@pytest.mark.parametrize("way", ["never", "from_guid"])
def test_an_account_stays_with_the_match_of_a_cloud_user_with_another_name(
    addressed: Estate, cause: str, way: str
) -> None:
    """The journal has the UPN of the cloud user for the ImmutableId, and that of the account for the account."""
    make_accounts(addressed)
    addressed.match(MADE, write_consistency_guid=way, **by_mapping(*NAMES))
    if cause == "has_children":
        put_below(addressed, "anna")
    else:
        addressed.directory.change("anna", description=["Sales"])
    refused = addressed.roll_back(MADE)
    assert statuses(refused) == {"anna": ("refused", cause), "bob": REMOVED, "carl": REMOVED}
    assert (refused["changed"], addressed.values(), people(addressed)) == (False, VALUES, set(NAMES))
    addressed.roll_back(MADE, max_refused="1")
    assert (addressed.values(), people(addressed)) == ({**NOBODY, "anna": VALUES["anna"]}, {"anna"})


@pytest.mark.parametrize("first", ["anna", "bob"])
def test_the_match_of_an_account_whose_guid_another_one_has_too(estate: Estate, first: str) -> None:
    """Bob's mS-DS-ConsistencyGuid is Anna's objectGUID, and he is in the journal before her or after her."""
    estate.directory.change("bob", **{"mS-DS-ConsistencyGuid": [guid(1).bytes_le]})
    make_accounts(estate, first, *({"anna", "bob"} - {first}))
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = VALUES["anna"]
    estate.write_journal(MADE, set_entry("anna", VALUES["anna"]))
    put_below(estate, "anna")
    result = estate.roll_back(MADE, max_refused="2")
    assert statuses(result) == {"anna": ("refused", "has_children"), "bob": ("refused", "has_cloud_user")}
    assert (result["changed"], estate.values()["anna"], people(estate)) == (False, VALUES["anna"], set(NAMES))


@pytest.mark.parametrize("rename", [False, True])
def test_a_rollback_of_a_rollback_matches_nobody_whose_account_is_gone(estate: Estate, rename: bool) -> None:
    if rename:
        rename_everybody(estate)
    make_accounts(estate, "anna")
    estate.match(MADE, **(by_mapping(*NAMES) if rename else {}))
    back = estate.roll_back(MADE)
    assert estate.values() == NOBODY
    result = estate.roll_back(back["run"], max_refused="1", skip_checks=["anchor_claims", "protected_accounts"])
    assert statuses(result)["anna"] == ("refused", "cannot_be_made_again")
    assert estate.values() == {**VALUES, "anna": None}


@pytest.mark.parametrize("rename", [False, True])
def test_a_rollback_of_a_rollback_keeps_the_match_and_the_anchor_together(estate: Estate, rename: bool) -> None:
    """Somebody has written another mS-DS-ConsistencyGuid since."""
    if rename:
        rename_everybody(estate)
    estate.match(MADE, write_consistency_guid="from_guid", **(by_mapping(*NAMES) if rename else {}))
    back = estate.roll_back(MADE)
    estate.directory.change("anna", **{"mS-DS-ConsistencyGuid": [guid(77).bytes_le]})
    result = estate.roll_back(back["run"], max_refused="1", skip_checks=["anchor_claims", "protected_accounts"])
    assert statuses(result)["anna"] == ("refused", "changed_since")
    assert estate.values() == {**VALUES, "anna": None}


def test_a_filled_account_that_is_gone_keeps_the_match_of_a_cloud_user_with_another_name(addressed: Estate) -> None:
    addressed.directory.change("anna", department=["Sales"])
    addressed.write_journal(MADE, filled_entry(1, "anna", "department", None, ["Sales"]))
    addressed.match(MADE, **by_mapping(*NAMES))
    addressed.directory.delete("anna")
    result = addressed.roll_back(MADE, max_refused="1")
    assert {cause for _status, cause in statuses(result).values()} == {None, "account_gone"}
    assert addressed.values() == {**NOBODY, "anna": VALUES["anna"]}


def test_an_immutable_id_in_a_journal_that_is_no_text(estate: Estate) -> None:
    make_accounts(estate, "anna")
    estate.write_journal(MADE, set_entry("anna", [VALUES["anna"]]))
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = VALUES["anna"]
    result = estate.roll_back(MADE, max_refused="1")
    assert statuses(result) == {"anna": ("refused", "changed_since")}
    assert (estate.values()["anna"], people(estate)) == (VALUES["anna"], set(NAMES))


def test_an_account_that_was_renamed_keeps_its_match_if_only_its_anchor_names_it(estate: Estate) -> None:
    """A kill lost the line with its GUID."""
    make_accounts(estate, "anna")
    estate.match(MADE, write_consistency_guid="from_guid")
    estate.directory.change("anna", userPrincipalName=["anne@contoso.com"])
    result = estate.roll_back(MADE, max_refused="1")
    assert statuses(result)["anna"] == ("refused", "renamed_since")
    assert estate.values() == {**NOBODY, "anna": VALUES["anna"]}
    assert estate.directory.anchor_of("anna") == guid(1).bytes_le


def test_what_fails_of_a_user_keeps_the_rest(estate: Estate) -> None:
    """The directory refuses to clear the anchor after Entra was written."""
    make_accounts(estate, "anna")
    estate.match(MADE, write_consistency_guid="from_guid")
    name = f"<GUID={guid(2)}>".encode()
    estate.write_journal(MADE, filled_entry(2, "bob", "department", None, ["Sales"]))
    estate.directory.change("bob", department=["Sales"])
    estate.directory.answers = lambda sent: Done(50) if isinstance(sent, Modify) and sent.name == name else None
    result = estate.roll_back(MADE)
    assert statuses(result)["bob"][0] == "failed"
    (bob,) = (each for each in result["users"] if each["user_principal_name"] == upn("bob"))
    assert bob["cause"] == "other_value_failed"
    assert "because another value of this user could not be restored: " in bob["reason"]
    assert estate.directory.anchor_of("bob") == guid(2).bytes_le
