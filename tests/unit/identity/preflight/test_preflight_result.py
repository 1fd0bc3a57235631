# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a prediction could not know: the aspects that are unread, and what is said of them once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from match_estate import ad, cloud, tenant

from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import TenantSnapshot
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import predict
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predictions import Prediction
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.result import (
    describe_caveats,
    describe_unread,
    list_unread,
    skip_checks,
)


def test_a_skipped_check_fills_only_what_could_not_be_read() -> None:
    snapshot = tenant(cloud(1), switches={"blockSoftMatchEnabled": True}, unknown=["deleted_users", "contacts"])
    skipped = skip_checks(snapshot, ["tenant_switches", "contacts"])
    assert skipped.switches["blockSoftMatchEnabled"] is True
    assert skipped.unknown == {"deleted_users"}


def prepared(count: int, unread: list[str], **more: Any) -> tuple[list[Prediction], TenantSnapshot]:
    users = [cloud(number, number) for number in range(1, count + 1)]
    snapshot = replace(tenant(*users, unknown=unread, switches={"passwordSyncEnabled": True}), **more)
    return predict([ad(number) for number in range(1, count + 1)], snapshot), snapshot


def test_what_most_apps_cannot_read_is_said_once_and_everybody_is_matched() -> None:
    unread = ["tenant_switches", "source_of_authority", "app_owners"]
    found, snapshot = prepared(8, unread, switches={}, pim_licensed=False)
    assert {each.outcome for each in found} == {"hard_match"}
    assert list_unread(snapshot, found) == set(unread)
    switches, owners, authority, hash_sync, pim = describe_caveats(found, snapshot, unread, ())
    assert "tenant_switches" in switches
    assert "Application.Read.All" in owners
    assert "source of authority" in authority
    assert "passwordSyncEnabled" in hash_sync
    assert "no user is eligible" in pim
    assert {(each["what"], each["effect"], each["skipped"]) for each in describe_unread(unread, ())} == {
        (what, "caveat", False) for what in unread
    }
    # They concern nobody whose match is made already.
    joined = [cloud(1, 1, onPremisesSyncEnabled=True)]
    done = replace(snapshot, users=joined, pim_licensed=True)
    assert describe_caveats(predict([ad(1)], done), done, unread, ()) == []


def test_switches_that_the_caller_gives_are_read() -> None:
    found, snapshot = prepared(1, ["tenant_switches"])
    assert list_unread(snapshot, found) == set()
    assert list_unread(replace(snapshot, switches={"blockSoftMatchEnabled": True}), found) == {"tenant_switches"}


def test_an_unread_role_is_one_reason_however_many_users_it_stops() -> None:
    found, snapshot = prepared(8, ["role_eligibility"])
    assert {(each.outcome, each.cause, each.expected) for each in found} == {
        ("blocked", "unread_role_eligibility", "hard_match")
    }
    (reason,) = {str(each.reason) for each in found}
    assert "may not read who is eligible for a role" in reason
    assert describe_caveats(found, snapshot, ["role_eligibility"], ()) == []


def test_a_skipped_check_is_a_caveat() -> None:
    read, names = ["role_assignments", "contacts"], ["role_assignments", "contacts", "groups"]
    found, snapshot = prepared(2, [])
    roles, contacts = describe_caveats(found, snapshot, read, names)
    assert "skip_checks contains role_assignments, so one of these users might be an administrator" in roles
    assert "skip_checks contains contacts, so this check does not prevent a match" in contacts
    assert [each["skipped"] for each in describe_unread(read, names)] == [True, True]
