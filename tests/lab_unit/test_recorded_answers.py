# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules against a tenant that answers as Graph was recorded to answer (facts §20)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from support.entra_process import Emulator
from support.module_runs import ModuleRun

ADA, BEN = "ada.fuchs@contoso.com", "ben.hartmann@contoso.com"


def run(entra: Emulator, module: str, app: str = "hard-matcher", **options: Any) -> dict[str, Any]:
    """The result of a module, also of one that failed."""
    arguments = {**entra.options(app), **options, "_ansible_check_mode": False, "_ansible_diff": False}
    with ModuleRun(module, arguments) as started:
        return started.result()


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


@pytest.mark.parametrize("licence", [True, False])
def test_eligibility_with_and_without_a_licence_for_pim(entra: Emulator, licence: bool) -> None:
    entra.settings(pimLicence=licence)
    result = run(entra, "entra_match_info", "preflight", users=[ad_record(ADA)])
    assert "role_eligibility" not in {each["what"] for each in result["unknown"]}
    assert ("no licence for Privileged Identity Management" in str(result.get("notes"))) is not licence


@pytest.mark.parametrize("answers", [True, False])
def test_switches_are_known_if_an_app_may_read_them(entra: Emulator, answers: bool) -> None:
    entra.settings(appsReadSynchronization=answers)
    result = run(entra, "entra_match_info", "preflight", users=[ad_record(ADA)])
    assert ("tenant_switches" in {each["what"] for each in result["unknown"]}) is not answers


@pytest.mark.parametrize(
    "fault", [{"aadsts": 7000229}, {"aadsts": 65001}, {"status": 401, "code": "Authorization_IdentityNotFound"}]
)
def test_an_app_that_the_tenant_does_not_know_yet(entra: Emulator, fault: dict[str, Any]) -> None:
    """Without patience for another try; that it comes after a minute is a unit test."""
    entra.settings(faults=[fault])
    failed = run(entra, "entra_immutable_id", users=[ad_record(ADA)], max_wait=1)
    assert (failed["failed"], failed["cause"]) == (True, "app_not_in_tenant")
    assert "give admin consent to the app" in failed["msg"]
    assert run(entra, "entra_immutable_id", users=[ad_record(ADA)])["changed"] is True


def test_a_denied_read_names_what_could_not_be_read(entra: Emulator) -> None:
    failed = run(entra, "entra_user_info", "reader", groups=["Tier 0 operators"])
    assert "The app may not read groups; grant it the application permission GroupMember.Read.All" in failed["msg"]
