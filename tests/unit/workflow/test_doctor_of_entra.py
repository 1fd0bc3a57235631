# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor on the wire: one thing wrong with Entra ID after the other."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from doctor_estate import EMERGENCY, EVERYTHING, aadsts, examine, only_wrong, refuse, statuses, token
from estate import STAFF, Estate
from ldap_wire import Bind, Done
from live_graph import GLOBAL_ADMINISTRATOR
from scripted_graph import CLIENT_ID, SECRET, Reply, object_id

pytestmark = pytest.mark.usefixtures("fine_estate")


@pytest.mark.parametrize(
    ("reply", "check", "words"),
    [
        (aadsts(7000215, 401), "entra_sign_in", f"The client secret of app {CLIENT_ID} is wrong."),
        (aadsts(7000222, 401), "entra_sign_in", "has expired"),
        (aadsts(700016), "entra_sign_in", f"has no app {CLIENT_ID}"),
        (aadsts(90002), "entra_tenant", "There is no tenant contoso.com."),
        (aadsts(65001), "entra_consent", "has no consent"),
        (aadsts(7000229), "entra_consent", "has no service principal"),
        (token(), "entra_consent", "admin consent is missing"),
    ],
)
def test_a_sign_in_that_fails(estate: Estate, reply: Reply, check: str, words: str) -> None:
    estate.graph.token_reply = reply
    result = examine(estate)
    wrong = only_wrong(result)
    assert (wrong["name"], words in wrong["finding"]) == (check, True)
    assert {"entra_permissions_hard_match", "entra_domains", "entra_administrators"} <= {*statuses(result, "unknown")}
    assert {"ad_sign_in", "ad_create_users", "connect_export", "run_folder"} <= {*statuses(result, "fine")}
    assert SECRET not in json.dumps(result)
    # A run waits a minute for an app that may be new; the doctor says at once what is missing.
    assert result["waited_seconds"] == 0


def test_graph_that_is_not_there(estate: Estate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"https://localhost:{port}"
    result = examine(estate, authority=url, graph_url=url)
    assert only_wrong(result)["name"] == "entra_reached"
    assert {"entra_clock", "entra_tenant", "entra_domains"} <= {*statuses(result, "unknown")}


def test_options_of_graph_that_are_not_complete(estate: Estate) -> None:
    assert only_wrong(examine(estate, graph_url="http://localhost"))["name"] == "entra_options"


def test_a_missing_permission(estate: Estate) -> None:
    estate.graph.token_reply = token(roles=[each for each in EVERYTHING if each != "OrgContact.Read.All"])
    wrong = only_wrong(examine(estate))
    assert wrong["name"] == "entra_permissions_hard_match"
    assert "The token lacks OrgContact.Read.All" in wrong["finding"]


def test_the_permissions_of_a_person(estate: Estate) -> None:
    estate.graph.token_reply = token(scp=" ".join(EVERYTHING))
    assert examine(estate)["verdict"] == ""


def test_a_domain_that_is_not_verified(estate: Estate) -> None:
    domains = estate.graph.listings["/domains"]
    domains.append({"id": "fabrikam.com", "isVerified": False, "authenticationType": "Managed"})
    wrong = only_wrong(examine(estate, domains=["contoso.com", "fabrikam.com"]))
    assert (wrong["name"], "fabrikam.com" in wrong["finding"]) == ("entra_domains", True)


def test_what_graph_does_not_show_is_unknown_and_hides_nothing(estate: Estate) -> None:
    estate.graph.denied |= {"/domains", "/roleManagement"}
    result = examine(estate)
    assert statuses(result, "unknown") == ["entra_domains", "entra_administrators"]
    assert statuses(result, "wrong") == []


def test_an_answer_that_nobody_expects_is_unknown(estate: Estate) -> None:
    nonsense = Reply(200, {"value": [{"principalId": 7, "roleDefinitionId": GLOBAL_ADMINISTRATOR}]})
    answers = estate.graph.answers
    estate.graph.answers = lambda method, path: (
        nonsense if path.startswith("/roleManagement/directory/roleAssignments") else answers(method, path)
    )
    assert statuses(examine(estate), "unknown") == ["entra_administrators"]


def test_an_administrator_in_scope_is_no_emergency_account(estate: Estate) -> None:
    key = object_id(1)
    listed = estate.graph.listings["/roleManagement/directory/roleAssignments"]
    listed[:] = [{"principalId": each, "roleDefinitionId": GLOBAL_ADMINISTRATOR} for each in (EMERGENCY[0], key)]
    wrong = only_wrong(examine(estate))
    assert wrong["name"] == "entra_administrators"
    assert "exist only in the cloud and are outside the scope: 1 of 2." in wrong["finding"]
    # Outside the scope, and excluded, it is one.
    assert examine(estate, scope={"users": ["bob@contoso.com"]})["verdict"] == ""
    assert examine(estate, exclude={"users": ["anna@contoso.com"]})["verdict"] == ""
    assert examine(estate, exclude={"organizational_units": [STAFF]})["verdict"] == ""


@pytest.mark.parametrize("changes", [{"onPremisesSyncEnabled": True}, {"accountEnabled": False}])
def test_an_administrator_who_could_not_help(estate: Estate, changes: dict[str, Any]) -> None:
    estate.graph.users[EMERGENCY[0]].update(changes)
    assert only_wrong(examine(estate))["name"] == "entra_administrators"


def test_members_of_a_group_with_the_role_count_and_those_with_another_role_do_not(estate: Estate) -> None:
    group = estate.graph.put_group(7, EMERGENCY[0], EMERGENCY[1])
    listed = estate.graph.listings["/roleManagement/directory/roleAssignments"]
    listed[:] = [
        {"principalId": group, "roleDefinitionId": GLOBAL_ADMINISTRATOR},
        {"principalId": object_id(2), "roleDefinitionId": object_id(999)},
    ]
    (check,) = (each for each in examine(estate)["checks"] if each["name"] == "entra_administrators")
    assert check["status"] == "fine"
    assert "are outside the scope: 2 of 2." in check["finding"]


def test_nobody_knows_who_is_in_scope_if_active_directory_cannot_be_read(estate: Estate) -> None:
    estate.directory.answers = refuse(Bind, Done(49, "data 52e"))
    assert "entra_administrators" in statuses(examine(estate), "unknown")
