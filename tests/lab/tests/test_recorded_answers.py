# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules against a tenant that answers as Graph was recorded to answer (facts §20)."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from support.ad_users import ad_user, prediction_dict
from support.entra_process import APPS, Emulator
from support.module_runs import ModuleRun
from support.whole_tenant import read_tenant

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.connection import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.reads.survey import Survey
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_plan import plan_changes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import TenantSnapshot
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_index import UserIndex
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import predict
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.result import (
    describe_caveats,
    list_unread,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import graph_options
from ansible_collections.hybrid.identity.plugins.module_utils._module.guarded_files import read_file

ADA, BEN = "ada.fuchs@contoso.com", "ben.hartmann@contoso.com"


def run(entra: Emulator, module: str, app: str = "hard-matcher", **options: Any) -> dict[str, Any]:
    """The result of a module, also of one that failed."""
    arguments = {**entra.options(app), **options, "_ansible_check_mode": False, "_ansible_diff": False}
    with ModuleRun(module, arguments) as started:
        return started.result()


def predicted(
    entra: Emulator, app: str = "preflight", *, users: list[dict[str, Any]], now: bool = False
) -> dict[str, Any]:
    """What match_plan reads of a tenant and predicts from it, after a hard match of the users or `now`."""
    watch = Watch()
    defaults = {name: spec.get("default") for name, spec in graph_options().items()}
    options = {**defaults, **entra.options(app), "read_file": read_file}

    async def read() -> TenantSnapshot:
        async with open_transport(options, watch) as transport:
            survey = Survey(transport, options["client_id"])
            return await read_tenant(survey)

    snapshot = asyncio.run(read())
    index = UserIndex(each.user for each in (*snapshot.users, *snapshot.deleted))
    planned = [] if now else plan_changes(read_requests(users), index)
    found = predict([ad_user(**user) for user in users], snapshot, planned)
    unread = list_unread(snapshot, found)
    return {
        "users": [prediction_dict(each) for each in found],
        "unread": unread,
        "caveats": describe_caveats(found, snapshot, unread, ()),
        **watch.facts(),
    }


def ad_record(upn: str) -> dict[str, str]:
    return {"user_principal_name": upn, "object_guid": str(uuid.uuid5(uuid.NAMESPACE_DNS, upn))}


def test_an_old_clash_of_addresses_refuses_an_unrelated_write(entra: Emulator) -> None:
    shared = ["smtp:both@contoso.com"]
    entra.control("PATCH", "users", [{"userPrincipalName": upn, "proxyAddresses": shared} for upn in (ADA, BEN)])
    result = run(entra, "entra_immutable_id", users=[ad_record(ADA)])
    (user,) = result["users"]
    assert (user["cause"], user["after"]) == ("conflicting_property", None)
    assert f"{ADA} and user {entra.user_id(BEN)} have the same value in proxyAddresses" in user["reason"]
    assert entra.immutable_id(ADA) is None
    assert entra.immutable_id(BEN) is None


def test_a_clash_without_a_holder(entra: Emulator) -> None:
    """Graph's answer of 2018: the property, and not whose it is."""
    said = "Another object with the same value for property userPrincipalName already exists."
    clash = {"status": 400, "message": said, "details": [{"target": "userPrincipalName", "code": "ObjectConflict"}]}
    entra.settings(faults=[{"method": "PATCH", "path": "^/users/", **clash}])
    (user,) = run(entra, "entra_immutable_id", users=[ad_record(ADA)])["users"]
    assert user["cause"] == "conflicting_property"
    assert f"{ADA} and another object have the same value in userPrincipalName. Graph checks all" in user["reason"]


def test_a_held_immutable_id_is_still_said_to_be_one(entra: Emulator) -> None:
    """Somebody gets the value between the look-up and the write."""
    details = [
        {"target": "onPremisesImmutableId", "code": "ObjectConflict"},
        {"target": f"User_{entra.user_id(BEN)}", "code": "ConflictingObjects"},
    ]
    entra.settings(faults=[{"method": "PATCH", "path": "^/users/", "status": 400, "details": details}])
    (user,) = run(entra, "entra_immutable_id", users=[ad_record(ADA)])["users"]
    assert user["cause"] == "held_by_user"
    assert f"belongs to user {entra.user_id(BEN)}. Clear it there first" in user["reason"]


def test_page_tokens_that_expire_in_use(entra: Emulator) -> None:
    names = [f"page{number:04d}@contoso.com" for number in range(2100)]
    entra.control("POST", "users", [{"userPrincipalName": name, "displayName": name} for name in names])
    expired = {"status": 400, "code": "Directory_ExpiredPageToken"}
    # The second page, the third one, the second one: two requests pass before the third page is asked for again.
    entra.settings(
        faults=[
            {"path": "^/users$", "query": "skiptoken", "count": 1, **expired},
            {"path": "^/users$", "query": "skiptoken", "skip": 1, "count": 2, **expired},
        ]
    )
    result = run(entra, "entra_user_info", "preflight", domains=["contoso.com"])
    listed = [user["user_principal_name"] for user in result["users"]]
    assert len(listed) == len(set(listed))
    assert set(names) <= set(listed)
    assert len(result["notes"]) == 3


def test_a_page_token_of_a_side_listing_that_expires(entra: Emulator) -> None:
    """It was taken for a missing permission to read contacts."""
    contacts = [{"displayName": f"Contact {number}", "mail": f"c{number}@partner.example"} for number in range(1000)]
    entra.control("POST", "objects", {"contacts": contacts})
    expired = {"status": 400, "code": "Directory_ExpiredPageToken"}
    entra.settings(faults=[{"path": "^/contacts$", "query": "skiptoken", **expired}])
    result = predicted(entra, users=[{**ad_record(ADA), "mail": "c999@partner.example"}], now=True)
    assert "contacts" not in result["unread"]
    assert result["notes"] == [
        "The list of contacts was read again from the start, because Graph's page token had expired.",
    ]
    (user,) = result["users"]
    assert user["cause"] == "held_by_contact"


def test_a_listing_whose_page_tokens_always_expire(entra: Emulator) -> None:
    names = [f"page{number:04d}@contoso.com" for number in range(1000)]
    entra.control("POST", "users", [{"userPrincipalName": name, "displayName": name} for name in names])
    expired = {"status": 400, "code": "Directory_ExpiredPageToken"}
    entra.settings(faults=[{"path": "^/users$", "query": "skiptoken", "count": 6, **expired}])
    failed = run(entra, "entra_user_info", "preflight", domains=["contoso.com"])
    assert (failed["failed"], failed["cause"]) == (True, "page_token_expired")
    assert "expired 6 times while users were listed" in failed["msg"]
    assert len(failed["notes"]) == 5


@pytest.mark.parametrize(
    ("settings", "noted"),
    [
        ({}, False),
        ({"pimLicence": False}, True),
        ({"faults": [{"path": "Eligibility", "status": 403, "code": "AadPremiumLicenseRequired"}]}, True),
    ],
    ids=["licence", "without, as 400", "without, as 403"],
)
def test_eligibility_with_and_without_a_licence_for_pim(entra: Emulator, settings: dict[str, Any], noted: bool) -> None:
    entra.settings(**settings)
    result = predicted(entra, users=[ad_record(ADA)])
    assert "role_eligibility" not in result["unread"]
    assert ("no licence for Privileged Identity Management" in str(result["caveats"])) is noted
    (user,) = result["users"]
    assert (user["outcome"], user["unknown"]) == ("hard_match", [])


@pytest.mark.parametrize("answers", [True, False])
def test_switches_are_known_if_an_app_may_read_them(entra: Emulator, answers: bool) -> None:
    entra.settings(appsReadSynchronization=answers)
    result = predicted(entra, users=[ad_record(ADA)])
    assert ("tenant_switches" in result["unread"]) is not answers
    assert any("switches of the tenant, so one of them" in sentence for sentence in result["caveats"]) is not answers
    assert result["users"][0]["outcome"] == "hard_match"


@pytest.mark.parametrize(
    "fault",
    [
        {"aadsts": 7000229},
        {"aadsts": 65001},
        {"status": 401, "code": "Authorization_IdentityNotFound"},
        {"path": "^/users$", "status": 401, "code": "Authorization_IdentityNotFound"},
    ],
    ids=["AADSTS7000229", "AADSTS65001", "a request", "an item of a batch"],
)
def test_an_app_that_the_tenant_does_not_know_yet(entra: Emulator, fault: dict[str, Any]) -> None:
    """Without patience for another try; that it comes after a minute is a unit test."""
    entra.settings(faults=[fault])
    failed = run(entra, "entra_immutable_id", users=[ad_record(ADA)], max_wait=1)
    assert (failed["failed"], failed["cause"]) == (True, "app_not_in_tenant")
    assert "Give admin consent to the app" in failed["msg"]
    assert run(entra, "entra_immutable_id", users=[ad_record(ADA)])["changed"] is True


def test_a_denied_read_names_what_could_not_be_read(entra: Emulator) -> None:
    failed = run(entra, "entra_user_info", "reader", groups=["Tier 0 operators"])
    assert "The app may not read groups; grant it the application permission GroupMember.Read.All" in failed["msg"]


def test_domains_that_may_not_be_read_before_a_write_are_named(entra: Emulator) -> None:
    old = str(uuid.uuid4())
    run(entra, "entra_immutable_id", users=[{"user_principal_name": ADA, "object_guid": old}])
    entra.settings(faults=[{"path": "^/domains", "status": 403, "count": 9}])
    result = run(entra, "entra_immutable_id", users=[ad_record(ADA)], replace=True)
    assert result["changed"] is True
    (warning,) = result["warnings"]
    assert "may not read domains, so it is unknown whether a user has a UPN in a federated" in str(warning)


@pytest.mark.parametrize(
    ("fault", "check", "words"),
    [
        ("^/roleManagement/directory/roleAssignments", "role_assignments", "may not read role assignments, so"),
        ("Eligibility", "role_eligibility", "may not read who is eligible for a role (PIM), so"),
        ("^/groups", "role_assignable_groups", "may not read role-assignable groups, so"),
    ],
)
def test_nobody_is_written_without_knowing_who_is_an_administrator(
    entra: Emulator, fault: str, check: str, words: str
) -> None:
    entra.settings(faults=[{"path": fault, "status": 403, "count": 9}])
    failed = run(entra, "entra_immutable_id", users=[ad_record(ADA)])
    assert failed["failed"] is True
    assert words in failed["msg"]
    assert entra.immutable_id(ADA) is None
    result = run(entra, "entra_immutable_id", users=[ad_record(ADA)], skip_checks=[check])
    assert result["changed"] is True
    assert "one of these users might be an administrator" in str(result["warnings"])


def test_an_owner_of_the_app_is_refused(entra: Emulator) -> None:
    entra.control("POST", "objects", {"apps": [{"appId": APPS["hard-matcher"], "owners": [ADA]}]})
    failed = run(entra, "entra_immutable_id", users=[ad_record(ADA)])
    assert [user["cause"] for user in failed["users"]] == ["app_owner"]
    (user,) = predicted(entra, "hard-matcher", users=[ad_record(ADA)])["users"]
    assert (user["outcome"], user["cause"]) == ("blocked", "app_owner")


def test_an_inner_error_that_is_text(entra: Emulator) -> None:
    fault = {"status": 400, "message": "Odd.", "innerError": "Something is odd."}
    entra.settings(faults=[{"method": "PATCH", "path": "^/users/", **fault}])
    (user,) = run(entra, "entra_immutable_id", users=[ad_record(ADA)])["users"]
    assert (user["status"], user["cause"]) == ("failed", "request_refused")
    assert "Odd." in user["reason"]


def test_a_dollar_in_a_upn_of_ad_stops_only_its_account(entra: Emulator) -> None:
    """Graph creates such users, and Entra Connect would not keep the name."""
    dollar = "a$b@contoso.com"
    entra.control("POST", "users", [{"userPrincipalName": dollar, "displayName": "A"}])
    (found,) = run(entra, "entra_user_info", "preflight", identities=[dollar])["users"]
    assert found["user_principal_name"] == dollar
    users = [ad_record(dollar), ad_record(ADA)]
    why = f"A sync would replace the UPN {dollar} with another one, because it contains '$'"
    foreseen = predicted(entra, users=users)["users"][0]
    assert (foreseen["outcome"], foreseen["cause"]) == ("invalid", "invalid_upn")
    assert why in foreseen["reason"]
    failed = run(entra, "entra_immutable_id", users=users)
    assert failed["failed"] is True
    assert why in failed["msg"]
    assert entra.immutable_id(ADA) is None
    refused, other = run(entra, "entra_immutable_id", users=users, max_refused="100%")["users"]
    assert (refused["status"], refused["cause"], other["status"]) == ("refused", "invalid_upn", "set")
    assert why in refused["reason"]
    assert entra.raw(dollar).get("onPremisesImmutableId") is None
    assert entra.immutable_id(ADA) == other["after"]
