# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""match_plan at the wire: a few listings for both directories, what may not be read, and what the plan file says."""

from __future__ import annotations

import stat
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from estate import IDS, VALUES, Estate, upn
from forest_script import CONFIGURATION, guid, person
from ldap_wire import Done, Entry, Request, Search
from live_directory import DOMAIN_GUID
from live_graph import DENIED, GLOBAL_ADMINISTRATOR
from scripted_graph import TENANT_ID, Reply, error, found, object_id, user
from shield_script import account, group_dn

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)

GROUP = object_id(900)
UNLICENSED = error(403, "AadPremiumLicenseRequired")
SET = ("set", None)
SIDES = (
    "/directory/deletedItems", "/domains", "/directory/onPremisesSynchronization", "/roleManagement", "/contacts",
    "/groups", "/servicePrincipals", "/applications",
)  # fmt: skip


def unread(estate: Estate) -> dict[str, tuple[str, bool]]:
    """Effect, and whether the check is skipped, by what could not be read."""
    header = estate.lines("plan")[0]
    return {each["what"]: (each["effect"], each["skipped"]) for each in header["facts"]["unread"]}


def value(number: int) -> str:
    return immutable_id_of_guid(guid(number))


def test_a_first_plan_lists_everything_once(estate: Estate) -> None:
    plan = estate.plan()
    assert (plan["changed"], plan["verdict"], plan["caveats"]) == (False, "", [])
    assert estate.changes("plan") == dict.fromkeys(IDS, SET)
    assert estate.outcomes() == dict.fromkeys(IDS, ("hard_match", None))
    assert plan["summary"]["outcomes"]["hard_match"] == 3
    assert {name: plan["summary"][name] for name in ("total", "changes", "refused", "cloud_only")} == {
        "total": 3, "changes": 3, "refused": 0, "cloud_only": 0
    }  # fmt: skip
    listings = [each for each in estate.graph.asked if each.startswith("GET /users?$select=id,userPrincipalName")]
    assert len(listings) == 1
    assert len(estate.graph.asked) == len(set(estate.graph.asked))
    assert estate.directory.writes == []
    assert estate.graph.writes == []


def test_a_second_plan_is_one_listing_of_users(estate: Estate) -> None:
    estate.apply(estate.plan())
    estate.graph.asked.clear()
    searches = len(estate.directory.requests)
    plan = estate.plan()
    assert plan["summary"] == {
        "total": 3, "changes": 0, "refused": 0, "excluded": 0, "service_accounts": 0, "local_mailboxes": 0,
        "cloud_only": 0, "outcomes": {}, "effects": {},
    }  # fmt: skip
    assert [each.partition("?")[0] for each in estate.graph.asked] == ["GET /users"]
    # The rootDSE, the domain and the users.
    assert len([each for each in estate.directory.requests[searches:] if isinstance(each, Search)]) == 3
    assert {each["match"] for each in estate.users("plan").values()} == {None}
    assert plan["table"][0].split() == ["unchanged", "3"]
    everything = estate.plan(predict_all=True)
    assert everything["summary"]["outcomes"]["hard_match"] == 3


def test_the_plan_file(estate: Estate) -> None:
    estate.graph.users[IDS["anna"]]["onPremisesObjectIdentifier"] = str(guid(1))
    estate.graph.put(user(8, "cloud.only@contoso.com", onPremisesObjectIdentifier=str(guid(8))))
    initial = {"id": "contoso.onmicrosoft.com", "isVerified": True, "isInitial": True, "authenticationType": "Managed"}
    estate.graph.listings["/domains"].append(initial)
    plan = estate.plan(max_changes="5", run="20261129T101500Z-abc123")
    header, *records, end = estate.lines("plan")
    assert (header["kind"], header["module"], header["run"]) == ("plan", "match_plan", "20261129T101500Z-abc123")
    assert (header["tenant"], header["domain"], header["host"]) == (TENANT_ID, str(DOMAIN_GUID), "localhost")
    assert (header["scope"], header["terms"]["max_changes"]) == ({"all": True}, "5")
    assert header["facts"]["summary"] == plan["summary"]
    assert header["facts"]["tenant_users"] == 4
    assert header["facts"]["names"] == {"tenant": "contoso.onmicrosoft.com", "domain": "ad.contoso.com"}
    assert end == {"end": {"count": 4}}
    anna = records[0]
    assert (anna["ad"]["object_guid"], anna["cloud"]["id"]) == (str(guid(1)), IDS["anna"])
    assert anna["cloud"]["immutable_id"] is None
    assert anna["change"] == {
        "status": "set",
        "cause": None,
        "reason": None,
        "immutable_id": VALUES["anna"],
        "writes": [{"attribute": "onPremisesImmutableId", "id": IDS["anna"], "before": None, "after": VALUES["anna"]}],
        "proposed": [],
    }
    assert records[-1] == {**records[-1], "ad": None, "match": None, "change": None}
    assert records[-1]["cloud"]["user_principal_name"] == "cloud.only@contoso.com"
    assert [each["cloud"]["object_identifier"] for each in records] == [str(guid(1)), None, None, str(guid(8))]
    assert plan["summary"]["cloud_only"] == 1
    path = estate.folder / "plan.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "users" not in plan


def test_administrators_of_entra_are_predicted_and_refused(estate: Estate) -> None:
    estate.graph.assign(IDS["anna"])
    estate.graph.listings["/groups?"] = [{"id": GROUP, "displayName": "Tier 0"}]
    estate.graph.listings[f"/groups/{GROUP}/transitiveMembers"] = [{"id": IDS["bob"]}]
    estate.graph.listings[f"/groups/{GROUP}/owners"] = [{"id": IDS["carl"]}]
    plan = estate.plan()
    assert estate.outcomes() == {
        "anna": ("blocked", "privileged_role"),
        "bob": ("blocked", "role_assignable_group"),
        "carl": ("blocked", "role_assignable_group"),
    }
    assert estate.changes("plan") == dict.fromkeys(IDS, ("refused", "predicted_blocked"))
    assert plan["verdict"].startswith("Nothing was changed: 3 of 3 users are refused")
    # Also if the caller allows the outcome: nobody is handed over to an app.
    allowed = estate.plan(allowed_outcomes=["blocked", "hard_match"])
    assert {cause for _status, cause in estate.changes("plan").values()} == {"admin_role", "role_assignable_group"}
    assert (allowed["summary"]["changes"], allowed["summary"]["refused"]) == (0, 3)


def test_the_history_of_an_account_is_read_only_of_who_seems_to_be_somebody_else(estate: Estate) -> None:
    stamp = (
        "<DS_REPL_ATTR_META_DATA><pszAttributeName>userPrincipalName</pszAttributeName>"
        "<ftimeLastOriginatingChange>2024-03-05T08:14:21Z</ftimeLastOriginatingChange></DS_REPL_ATTR_META_DATA>"
    )
    for name, employee in (("anna", "7"), ("bob", "8")):
        estate.directory.change(name, employeeID=[employee], whenCreated=["20191124101530.0Z"])
        estate.graph.users[IDS[name]]["employeeId"] = "7"
    estate.directory.change("bob", msDS_ReplAttributeMetaData=[stamp])
    estate.plan(max_refused="1")
    assert estate.changes("plan")["bob"] == ("refused", "different_person")
    people = {name: each["person"].get("account") for name, each in estate.users("plan").items()}
    assert people == {
        "anna": None,
        "bob": {
            "organizational_unit": "OU=Staff,DC=ad,DC=contoso,DC=com",
            "created": "2019-11-24T10:15:30Z",
            "upn_changed": "2024-03-05T08:14:21Z",
        },
        "carl": None,
    }
    asked = [each for each in estate.directory.requests if isinstance(each, Search)]
    (history,) = (each for each in asked if b"replPropertyMetaData" in each.attributes)
    assert history.filter == ("equal", b"objectGUID", guid(2).bytes_le)


def test_who_has_a_mailbox_on_premises_is_marked_and_not_refused(estate: Estate) -> None:
    """The recipient type decides; without one, the GUID of a mailbox does."""
    remote: dict[str, list[bytes | str]] = {
        "msExchRecipientTypeDetails": ["2147483648"],
        "msExchMailboxGuid": [guid(71).bytes_le],
    }
    estate.directory.change("anna", msExchRecipientTypeDetails=["1"])
    estate.directory.change("bob", msExchMailboxGuid=[guid(70).bytes_le])
    estate.directory.change("carl", **remote)
    schema = f"CN=Schema,{CONFIGURATION}"
    names = ("userPrincipalName", "msExchMailboxGuid")
    estate.directory.put(
        *(
            Entry(f"CN={name},{schema}", {"lDAPDisplayName": [name], "objectGUID": [guid(400 + number).bytes_le]})
            for number, name in enumerate(names)
        )
    )
    plan = estate.plan()
    assert estate.changes("plan") == dict.fromkeys(IDS, SET)
    marks = {name: each["person"]["marks"] for name, each in estate.users("plan").items()}
    assert marks == {"anna": ["local_mailbox"], "bob": ["local_mailbox"], "carl": []}
    assert plan["summary"]["local_mailboxes"] == 2
    (caveat,) = plan["caveats"]
    assert caveat.startswith(
        "2 users whom the next sync would match have a mailbox on premises (anna@contoso.com, bob@contoso.com). "
    )
    assert plan["table"][-2:] == [
        "mark: mailbox on premises         2",
        "AD has Exchange's schema: after the sync, email addresses can be edited only in AD.",
    ]
    assert plan["has_exchange"] is estate.lines("plan")[0]["facts"]["has_exchange"] is True


@pytest.mark.parametrize(("seen", "has"), [(True, False), (False, None)])
def test_a_schema_without_exchange_and_one_that_is_hidden(estate: Estate, seen: bool, has: bool | None) -> None:
    name = "userPrincipalName"
    entry: dict[str, list[bytes | str]] = {"lDAPDisplayName": [name], "objectGUID": [guid(400).bytes_le]}
    if seen:
        estate.directory.put(Entry(f"CN={name},CN=Schema,{CONFIGURATION}", entry))
    plan = estate.plan()
    assert plan["has_exchange"] is has
    assert (plan["caveats"], plan["verdict"]) == ([], "")
    assert not [line for line in plan["table"] if "Exchange" in line or "mailbox" in line]


def test_what_active_directory_says_decides(estate: Estate) -> None:
    admins = {"objectClass": [b"top", b"group"], "objectGUID": [guid(200).bytes_le]}
    protected = account(512)["objectSid"]
    estate.directory.held[group_dn("Domain Admins")] = {**admins, "objectSid": protected, "sAMAccountName": [b"Admins"]}
    estate.directory.change("anna", memberOf=[group_dn("Domain Admins")])
    estate.directory.put(person(9, "mallory", mS_DS_ConsistencyGuid=[guid(2).bytes_le], **account(1609)))
    estate.directory.move("mallory", "OU=Elsewhere,DC=ad,DC=contoso,DC=com")
    estate.plan(scope={"users": [upn(name) for name in IDS]}, max_refused="100%")
    assert estate.outcomes() == {
        "anna": ("hard_match", None),
        "bob": ("conflict", "anchor_claimed"),
        "carl": ("hard_match", None),
    }  # fmt: skip
    assert estate.changes("plan")["anna"] == ("refused", "privileged_ad_account")
    assert estate.users("plan")["anna"]["match"]["effects"] == ["privileged_ad_account"]
    accepted = {"privileged_ad_account": [upn("anna")]}
    estate.plan(scope={"users": [upn("anna")]}, accepted_effects=accepted)
    assert estate.changes("plan") == {"anna": SET}
    assert estate.users("plan")["anna"]["match"]["effects"] == ["privileged_ad_account"]


def test_an_access_list_that_cannot_be_read_refuses_everybody(estate: Estate) -> None:
    def answers(request: Request) -> Done | None:
        return Done(50) if isinstance(request, Search) and request.parts else None

    estate.directory.answers = answers
    plan = estate.plan()
    assert estate.changes("plan") == dict.fromkeys(IDS, ("refused", "predicted_blocked"))
    assert "add protected_accounts to skip_checks" in plan["verdict"]
    assert unread(estate)["protected_accounts"] == ("refused", False)
    skipped = estate.plan(skip_checks=["protected_accounts"])
    assert (skipped["verdict"], estate.changes("plan")) == ("", dict.fromkeys(IDS, SET))
    assert any("whether the account is protected" in caveat for caveat in skipped["caveats"])


def test_what_may_not_be_read_is_said_and_protects_people(estate: Estate) -> None:
    estate.graph.denied = {*SIDES}
    plan = estate.plan()
    assert estate.outcomes() == dict.fromkeys(IDS, ("blocked", "unread_role_assignments"))
    assert {each["match"]["expected"] for each in estate.users("plan").values()} == {"hard_match"}
    assert plan["verdict"].count("may not read role assignments") == 1
    assert set(unread(estate)) >= {
        "deleted_users", "domains", "tenant_switches", "role_assignments", "role_eligibility",
        "role_assignable_groups", "app_owners", "contacts", "groups",
    }  # fmt: skip
    permissions = {each["what"]: each["permission"] for each in estate.lines("plan")[0]["facts"]["unread"]}
    assert permissions["role_eligibility"] == "RoleEligibilitySchedule.Read.Directory"


@pytest.mark.parametrize("status", [400, 403])
def test_without_a_licence_for_pim_nobody_is_eligible(estate: Estate, status: int) -> None:
    """A permission would not help, so none is asked for."""
    estate.graph.answers = lambda _method, path: (
        error(status, "AadPremiumLicenseRequired") if "roleEligibilitySchedules" in path else None
    )
    plan = estate.plan()
    assert (plan["verdict"], unread(estate)) == ("", {})
    assert plan["caveats"] == [
        "The tenant has no licence for Privileged Identity Management (Entra ID P2 or Entra ID Governance), so no user "
        "is eligible for a role through PIM."
    ]


@pytest.mark.parametrize("answered", [[], [{"id": "t", "features": None}], [{"features": "x"}]])
def test_switches_that_are_not_among_those_answered_are_a_caveat(
    estate: Estate, answered: list[dict[str, Any]]
) -> None:
    estate.graph.listings["/directory/onPremisesSynchronization"] = answered
    plan = estate.plan()
    assert plan["verdict"] == ""
    assert unread(estate) == {"tenant_switches": ("caveat", False)}
    assert "Set tenant_switches to the values that a Global Administrator can read" in plan["caveats"][0]


def test_another_listing_that_needs_a_licence_is_unread(estate: Estate) -> None:
    """It failed the task, which a missing permission does not."""
    estate.graph.answers = lambda _method, path: (
        UNLICENSED if path.startswith("/contacts") or "isAssignableToRole" in path else None
    )
    estate.plan()
    assert estate.outcomes() == dict.fromkeys(IDS, ("blocked", "unread_role_assignable_groups"))
    assert set(unread(estate)) == {"role_assignable_groups", "contacts"}


def test_a_check_that_is_skipped_is_named_all_the_same(estate: Estate) -> None:
    estate.graph.denied = {"/roleManagement/directory/roleEligibilitySchedules", "/directory/onPremisesSynchronization"}
    estate.graph.users.pop(IDS["carl"])
    given = {"blockSoftMatchEnabled": True}
    plan = estate.plan(skip_checks=["role_eligibility"], tenant_switches=given, max_refused="1")
    assert unread(estate)["role_eligibility"] == ("refused", True)
    assert any("so one of these users might be an administrator" in caveat for caveat in plan["caveats"])
    assert estate.changes("plan")["anna"] == SET


def test_pages_are_followed_and_roles_without_beta_are_taken_for_harmful(estate: Estate) -> None:
    people = [*estate.graph.users.values()]
    more = f"{estate.graph.url}/v1.0/users?$skiptoken=abc"

    def answers(_method: str, path: str) -> Reply | None:
        if path.startswith("/users?$select=id,userPrincipalName"):
            return Reply(200, {**found(people[0]), "@odata.nextLink": more})
        if path == "/users?$skiptoken=abc":
            return Reply(200, found(*people[1:]))
        return error(400, "Request_BadRequest") if "isPrivileged" in path else None

    estate.graph.answers = answers
    estate.graph.assign(IDS["bob"])
    estate.plan(max_refused="1")
    assert estate.outcomes()["bob"] == ("blocked", "directory_role")
    assert "Global Administrator" in estate.users("plan")["bob"]["match"]["reason"]
    assert GLOBAL_ADMINISTRATOR not in estate.users("plan")["bob"]["match"]["reason"]
    assert estate.changes("plan")["carl"] == SET


@pytest.mark.parametrize("which", ["graph", "directory"])
def test_users_that_cannot_be_read_fail_the_task(estate: Estate, which: str) -> None:
    if which == "graph":
        estate.graph.answers = lambda _method, path: DENIED if path.startswith("/users?") else None
    else:
        estate.directory.answers = lambda request: Done(50) if isinstance(request, Search) and request.page else None
    result = estate.plan()
    assert result["failed"]
    assert ("User.Read.All" in result["msg"]) is (which == "graph")
    assert [*estate.folder.iterdir()] == []


def test_outcomes_that_are_not_allowed(estate: Estate) -> None:
    estate.graph.users.pop(IDS["carl"])
    plan = estate.plan()
    assert estate.changes("plan")["carl"] == ("refused", "predicted_new_cloud_user")
    assert plan["verdict"].startswith("Nothing was changed: 1 of 3 users is refused, and max_refused allows 0.")
    # Nobody could be written: the user is not refused for its outcome any more, and still for being absent.
    estate.plan(allowed_outcomes=["hard_match", "new_cloud_user"])
    assert estate.changes("plan")["carl"] == ("refused", "no_cloud_user")


def test_whose_guid_it_is_is_asked_of_active_directory_once(estate: Estate) -> None:
    estate.directory.put(person(50, "box", objectClass=["top", "contact"], sAMAccountType=[]))
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = value(50)
    estate.graph.users[IDS["bob"]]["onPremisesImmutableId"] = value(51)
    estate.plan(max_refused="2")
    assert estate.outcomes()["anna"] == ("conflict", "held_by_contact")
    assert estate.outcomes()["bob"] == ("conflict", "held_by_nobody")
    owner = estate.users("plan")["anna"]["match"]["anchor_owner"]
    assert (owner["kind"], owner["name"]) == ("contact", estate.directory.name_of("box"))
    asked = [each for each in estate.directory.requests if guid(50).bytes_le in _values(each)]
    assert len(asked) == 1


def _values(request: Request) -> list[Any]:
    if not isinstance(request, Search):
        return []
    left, values = [request.filter], []
    while left:
        each = left.pop()
        if isinstance(each, tuple):
            left.extend(each)
        else:
            values.append(each)
    return values


def test_what_happens_now_is_a_plan_that_changes_nobody(estate: Estate) -> None:
    plan = estate.plan(predict="now", write_consistency_guid="from_guid", allowed_outcomes=["soft_match"])
    assert (plan["verdict"], plan["summary"]["changes"]) == ("", 0)
    assert estate.outcomes() == dict.fromkeys(IDS, ("soft_match", "user_principal_name"))
    assert {each["change"]["status"] for each in estate.users("plan").values()} == {"unchanged"}
    assert {len(each["change"]["writes"]) for each in estate.users("plan").values()} == {0}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tenant_switches": {"blockSoftMatchEnabled": "maybe"}}, "it must be true or false"),
        ({"tenant_switches": {"blockSoftMatch": True}}, "the unknown feature 'blockSoftMatch'"),
        ({"max_refused": "some"}, "max_refused"),
        ({"max_changes": "some"}, "max_changes"),
        ({"replace": ["anna"]}, "anna"),
        ({"deleted_holders": {"purge": ["anna@contoso.com"]}}, "is not the object id"),
        ({"accepted_effects": {"foreign_anchor": "all"}}, "only be accepted for single users"),
        ({"scope": {"users": []}}, r"scope.users is empty"),
        ({"scope": {}}, "one of the following is required"),
        ({"scope": {"all": True, "users": ["anna@contoso.com"]}}, "mutually exclusive"),
        ({"plan_file": ""}, "plan_file is empty"),
        ({"plan_file": None}, "plan_file is empty"),
        ({"cert_validation": "ignore", "ca_cert": None}, "Only tasks that read can ignore the certificate"),
    ],
)
def test_options_that_are_wrong_ask_nobody(estate: Estate, options: dict[str, Any], words: str) -> None:
    result = estate.plan(**options)
    assert result["failed"]
    assert words in result["msg"]
    assert (estate.directory.requests, estate.graph.sign_ins) == ([], [])


def test_an_unchecked_certificate_is_no_reason_to_write(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that only says what happens now may be made; nothing of it is written."""
    plan = estate.plan()
    requests = len(estate.directory.requests)
    result = estate.apply(plan, cert_validation="ignore", ca_cert=None)
    assert "Only tasks that read can ignore the certificate" in result["msg"]
    assert len(estate.directory.requests) == requests
    told: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: told.append(text))
    now = estate.plan(predict="now", cert_validation="ignore", ca_cert=None, allowed_outcomes=["soft_match"])
    assert now["verdict"] == ""
    assert [each.partition(",")[0] for each in told] == ["cert_validation is ignore"]
    assert "Only tasks that read" in estate.plan(cert_validation="ignore", ca_cert=None)["msg"]
    assert len(told) == 1


@pytest.mark.parametrize("name", ["none/deeper/plan.jsonl", "journal.jsonl", "link.jsonl", "."])
def test_a_plan_that_cannot_be_written_asks_nobody(estate: Estate, name: str) -> None:
    estate.journal.write_text('{"time":"2026-11-29T10:15:30Z"}\n')
    (estate.folder / "link.jsonl").symlink_to(estate.journal)
    result = estate.plan(plan_file=str(estate.folder / name))
    assert result["failed"]
    assert result["msg"].startswith("plan_file ")
    assert (estate.directory.requests, estate.graph.asked) == ([], [])
    assert estate.journal.read_text() == '{"time":"2026-11-29T10:15:30Z"}\n'
