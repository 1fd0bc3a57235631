# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor on the wire: an estate in which all is fine, and one thing wrong with it after the other."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from estate import STAFF, Estate
from forest_script import DOMAIN, PARTITIONS, guid
from ldap_wire import Bind, Done, Entry, Request, Search
from live_graph import GLOBAL_ADMINISTRATOR
from scripted_graph import CLIENT_ID, SECRET, TENANT_ID, Reply, object_id, user

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import ROWS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.permissions import TABLE
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.preconditions import network
from ansible_collections.hybrid.identity.plugins.module_utils._module import run_folder
from ansible_collections.hybrid.identity.plugins.modules import preconditions_info

NOW = datetime(2026, 11, 30, 10, 15, tzinfo=UTC)
EVERYTHING = sorted({each for row in TABLE for each in row.permissions})
ATTRIBUTES = ["mS-DS-ConsistencyGuid", *(row.ad for row in ROWS)]
EMERGENCY = (object_id(81), object_id(82))
SERVER: dict[str, Any] = {
    "item": "connect1",
    "configured": True,
    "staging_mode": False,
    "source_anchor": "mS-DS-ConsistencyGuid",
    "scheduler": {"sync_cycle_enabled": True},
}
OPTIONS: dict[str, Any] = {
    "stages": ["upn_suffixes", "accounts", "hard_match", "sync"],
    "domains": ["contoso.com"],
    "paths": [STAFF],
    "write_consistency_guid": "from_guid",
    "connect_servers": [SERVER],
}
Refusal = Callable[[Request], Done | None]


def token(**claims: Any) -> Reply:
    """A sign-in that succeeds, with these claims in the token."""
    parts = ({"typ": "JWT"}, {"tid": TENANT_ID, **claims}, "signature")
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return Reply(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": text})


def aadsts(number: int, status: int = 400) -> Reply:
    return Reply(status, {"error": "refused", "error_description": f"AADSTS{number}: Said by the test."})


def ldap_time(time: datetime) -> str:
    return f"{time:%Y%m%d%H%M%S}.0Z"


@pytest.fixture(autouse=True)
def fine(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make everything in the estate fine. The time is NOW for everybody."""
    monkeypatch.setattr(preconditions_info, "current_time", lambda: NOW)
    directory, graph = estate.directory, estate.graph
    directory.time = ldap_time(NOW)
    rights = {"allowedAttributes": ATTRIBUTES, "allowedAttributesEffective": ATTRIBUTES}
    for name in ("anna", "bob", "carl"):
        directory.change(name, **rights)
    directory.put(
        Entry(
            PARTITIONS,
            {
                "objectGUID": [guid(901).bytes_le],
                "objectClass": ["top", "crossRefContainer"],
                "uPNSuffixes": ["contoso.com"],
                "allowedAttributesEffective": ["uPNSuffixes"],
            },
        ),
        cross_ref(902, "ad.contoso.com"),
        Entry(
            STAFF,
            {
                "objectGUID": [guid(903).bytes_le],
                "objectClass": ["top", "organizationalUnit"],
                "allowedChildClassesEffective": ["user", "group"],
            },
        ),
    )
    graph.token_reply = token(roles=EVERYTHING)
    graph.put(*(user(number, f"emergency{number}@contoso.onmicrosoft.com") for number in (81, 82)))
    for key in EMERGENCY:
        graph.assign(key)
    graph.answers = lambda _method, path: dated(NOW) if path == "/" else None


def dated(time: datetime) -> Reply:
    return Reply(200, {"value": []}, {"Date": format_datetime(time, usegmt=True)})


def cross_ref(number: int, name: str) -> Entry:
    return Entry(
        f"CN=D{number},{PARTITIONS}",
        {
            "objectGUID": [guid(number).bytes_le],
            "objectClass": ["top", "crossRef"],
            "systemFlags": ["3"],
            "dnsRoot": [name],
        },
    )


def examine(estate: Estate, **options: Any) -> dict[str, Any]:
    return estate.examine(**{**OPTIONS, **options})


def statuses(result: dict[str, Any], status: str) -> list[str]:
    return [check["name"] for check in result["checks"] if check["status"] == status]


def only_wrong(result: dict[str, Any]) -> dict[str, Any]:
    """The one check that is wrong, after a look at what every result has."""
    wrong = [check for check in result["checks"] if check["status"] == "wrong"]
    assert len(wrong) == 1, result["table"]
    assert wrong[0]["advice"]
    assert wrong[0]["name"] in result["verdict"]
    assert any(line.startswith("wrong ") and wrong[0]["finding"] in line for line in result["table"])
    return dict(wrong[0])


def refuse(kind: type, done: Done) -> Refusal:
    return lambda request: done if isinstance(request, kind) else None


def test_a_fine_estate_is_fine_in_every_check_and_nothing_is_written(estate: Estate) -> None:
    result = examine(estate)
    assert {check["status"] for check in result["checks"]} == {"fine"}, result["table"]
    assert [check["name"] for check in result["checks"]] == [
        *("ad_options", "ad_name", "ad_port", "ad_tls", "ad_clock", "ad_sign_in", "ad_forest", "ad_upn_suffixes"),
        *("ad_write_upn_suffixes", "ad_create_users", "ad_write_accounts", "ad_write_consistency_guid"),
        *("entra_options", "entra_reached", "entra_tenant", "entra_sign_in", "entra_consent"),
        *("entra_permissions_accounts", "entra_permissions_hard_match", "entra_permissions_sync"),
        *("entra_permissions_more", "entra_clock", "entra_domains", "entra_administrators"),
        *("connect_server", "connect_export", "connect_scheduler", "connect_source_anchor"),
        *("run_folder", "disk_space"),
    ]
    assert (result["verdict"], result["changed"]) == ("", False)
    assert not any(check["advice"] for check in result["checks"])
    assert estate.directory.writes == []
    assert estate.graph.writes == []
    assert list(estate.folder.iterdir()) == []


def test_nobody_is_named_who_could_be_attacked(estate: Estate) -> None:
    assert "emergency8" not in json.dumps(examine(estate))


def test_only_what_the_stages_need_is_checked(estate: Estate) -> None:
    result = examine(estate, stages=["hard_match"], write_consistency_guid="never")
    names = [check["name"] for check in result["checks"]]
    assert not {"ad_write_upn_suffixes", "ad_create_users", "ad_write_accounts", "ad_write_consistency_guid"} & {*names}
    assert not {"entra_permissions_accounts", "entra_permissions_sync"} & {*names}


# --- The way to Active Directory


@pytest.mark.parametrize(
    ("error", "words"),
    [(socket.EAI_NONAME, "DNS does not know dc9.contoso.com."), (socket.EAI_AGAIN, "no name server answered")],
)
def test_a_wrong_name(estate: Estate, monkeypatch: pytest.MonkeyPatch, error: int, words: str) -> None:
    look_up = socket.getaddrinfo

    def answer(host: Any, *rest: Any, **more: Any) -> Any:
        if host == "dc9.contoso.com":
            raise socket.gaierror(error, "Said by the test.")
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    result = examine(estate, server=["dc9.contoso.com"])
    wrong = only_wrong(result)
    assert (wrong["name"], words in wrong["finding"]) == ("ad_name", True)
    assert {"ad_port", "ad_tls", "ad_sign_in", "ad_clock", "ad_create_users"} <= {*statuses(result, "unknown")}
    # What does not need it was checked all the same.
    assert {"entra_domains", "entra_permissions_hard_match", "connect_export", "disk_space"} <= {
        *statuses(result, "fine")
    }


def test_a_closed_port(estate: Estate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    wrong = only_wrong(examine(estate, port=port))
    assert (wrong["name"], wrong["finding"]) == (
        "ad_port",
        f"127.0.0.1:{port} refuses the connection, so nothing listens there.",
    )


@pytest.mark.parametrize(
    ("error", "words"), [(TimeoutError(), "did not answer within 60 s"), (OSError(113, "No route"), "has no way to")]
)
def test_a_port_that_does_not_answer(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    def connect(*_arguments: Any) -> None:
        raise error

    monkeypatch.setattr(network.socket, "create_connection", connect)
    wrong = only_wrong(examine(estate))
    assert (wrong["name"], words in wrong["finding"]) == ("ad_port", True)


def test_an_untrusted_certificate_is_described(estate: Estate, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA(key_type=trustme.KeyType.RSA).cert_pem.write_to_path(str(other))
    other.chmod(0o600)
    result = examine(estate, ca_cert=str(other))
    wrong = only_wrong(result)
    assert wrong["name"] == "ad_tls"
    assert "comes from an authority that is not trusted" in wrong["finding"]
    assert "signed by " in wrong["finding"]
    assert " ends on " in wrong["finding"]
    assert wrong["advice"] == "Give its CA's certificate in ca_cert."
    # The password was sent to nobody.
    assert not any(isinstance(each, Bind) for each in estate.directory.requests)
    assert "ad_sign_in" in statuses(result, "unknown")


def test_a_certificate_that_nobody_checks_is_wrong_and_the_rest_is_checked(estate: Estate) -> None:
    result = examine(estate, cert_validation="ignore")
    assert only_wrong(result)["name"] == "ad_tls"
    assert "ad_create_users" in statuses(result, "fine")


def test_what_listens_may_not_speak_tls(estate: Estate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            with contextlib.suppress(OSError):  # the listener is closed to end this
                while True:
                    listener.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        wrong = only_wrong(examine(estate, port=listener.getsockname()[1]))
        listener.shutdown(socket.SHUT_RDWR)
    assert wrong["name"] == "ad_tls"


@pytest.mark.parametrize(
    ("data", "words"),
    [("52e", "the username or the password is wrong"), ("775", "the account is locked out"), ("532", "has expired")],
)
def test_a_refused_sign_in_is_tried_once(estate: Estate, data: str, words: str) -> None:
    estate.directory.answers = refuse(Bind, Done(49, f"80090308: LdapErr: DSID-0C09, data {data}, v4563"))
    result = examine(estate)
    wrong = only_wrong(result)
    assert (wrong["name"], words in wrong["finding"]) == ("ad_sign_in", True)
    assert sum(isinstance(each, Bind) for each in estate.directory.requests) == 1
    assert {"ad_name", "ad_port", "ad_tls", "ad_clock"} <= {*statuses(result, "fine")}


def test_options_that_are_not_complete(estate: Estate) -> None:
    result = examine(estate, password="")
    wrong = only_wrong(result)
    assert (wrong["name"], wrong["advice"]) == ("ad_options", "Set password.")
    assert {"ad_name", "ad_sign_in", "ad_forest"} <= {*statuses(result, "unknown")}


def test_the_second_server_is_checked_although_the_first_fails(estate: Estate) -> None:
    # Nothing listens there at this port.
    result = examine(estate, server=["127.0.0.3", "127.0.0.1"])
    assert only_wrong(result)["name"] == "ad_port"
    assert {"ad_sign_in", "ad_create_users"} <= {*statuses(result, "fine")}


# --- Rights in Active Directory


@pytest.mark.parametrize(
    ("name", "values", "check"),
    [
        (PARTITIONS, {"allowedAttributesEffective": []}, "ad_write_upn_suffixes"),
        (STAFF, {"allowedChildClassesEffective": ["group"]}, "ad_create_users"),
        (f"CN=bob,{STAFF}", {"allowedAttributesEffective": ATTRIBUTES[1:]}, "ad_write_consistency_guid"),
        (f"CN=bob,{STAFF}", {"allowedAttributesEffective": ATTRIBUTES[:-1]}, "ad_write_accounts"),
    ],
)
def test_a_right_that_is_missing(estate: Estate, name: str, values: dict[str, list[str]], check: str) -> None:
    held = estate.directory.held[name]
    held.update({attribute: [each.encode() for each in given] for attribute, given in values.items()})
    wrong = only_wrong(examine(estate))
    assert wrong["name"] == check
    assert name in wrong["finding"]
    assert estate.directory.writes == []


def test_protected_accounts_say_nothing_of_the_rights_on_others(estate: Estate) -> None:
    estate.directory.change("bob", adminCount=["1"], allowedAttributesEffective=[])
    assert examine(estate)["verdict"] == ""


def test_the_rights_are_those_on_the_users_in_scope(estate: Estate) -> None:
    estate.directory.change("bob", allowedAttributesEffective=ATTRIBUTES[1:])
    assert "ad_write_consistency_guid" in examine(estate)["verdict"]
    assert examine(estate, scope={"users": ["anna@contoso.com"]})["verdict"] == ""
    assert examine(estate, scope={"upn_suffixes": ["fabrikam.com"]})["verdict"] == ""


def test_an_organizational_unit_that_is_not_there(estate: Estate) -> None:
    estate.directory.answers = lambda request: (
        Done(32) if isinstance(request, Search) and request.base.startswith(b"OU=Gone") else None
    )
    result = examine(estate, paths=[f"OU=Gone,{DOMAIN}"])
    wrong = only_wrong(result)
    assert (wrong["name"], wrong["finding"].startswith("There is no OU=Gone,")) == ("ad_create_users", True)
    assert statuses(result, "unknown") == ["ad_write_accounts"]
    assert only_wrong(examine(estate, paths=[]))["name"] == "ad_create_users"


def test_other_domains_are_told(estate: Estate) -> None:
    estate.directory.put(cross_ref(904, "eu.contoso.com"))
    result = examine(estate)
    (forest,) = (check for check in result["checks"] if check["name"] == "ad_forest")
    assert (forest["status"], "eu.contoso.com" in forest["finding"]) == ("fine", True)


def test_a_missing_suffix_without_the_stage_that_adds_it(estate: Estate) -> None:
    estate.directory.held[PARTITIONS]["uPNSuffixes"] = []
    assert examine(estate)["verdict"] == ""
    assert only_wrong(examine(estate, stages=["hard_match"]))["name"] == "ad_upn_suffixes"


def test_one_read_that_fails_hides_no_other(estate: Estate) -> None:
    estate.directory.answers = lambda request: (
        Done(50) if isinstance(request, Search) and request.base == PARTITIONS.encode() else None
    )
    result = examine(estate)
    assert {*statuses(result, "unknown")} == {"ad_forest", "ad_write_upn_suffixes"}
    assert {"ad_create_users", "ad_write_consistency_guid", "entra_administrators"} <= {*statuses(result, "fine")}


# --- Clocks


@pytest.mark.parametrize("minutes", [-6, 6])
def test_the_clock_of_active_directory_is_off(estate: Estate, minutes: int) -> None:
    estate.directory.time = ldap_time(NOW + timedelta(minutes=minutes))
    wrong = only_wrong(examine(estate))
    assert wrong["name"] == "ad_clock"
    assert "360 s" in wrong["finding"]


def test_the_clock_of_graph_is_off(estate: Estate) -> None:
    estate.graph.answers = lambda _method, path: dated(NOW - timedelta(minutes=6)) if path == "/" else None
    assert only_wrong(examine(estate))["name"] == "entra_clock"


def test_the_clock_of_this_machine_is_off(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preconditions_info, "current_time", lambda: NOW + timedelta(hours=1))
    assert statuses(examine(estate), "wrong") == ["ad_clock", "entra_clock"]


def test_the_clocks_are_compared_also_if_nobody_may_sign_in(estate: Estate) -> None:
    estate.directory.answers = refuse(Bind, Done(49, "data 52e"))
    estate.graph.token_reply = aadsts(7000215, 401)
    assert {"ad_clock", "entra_clock"} <= {*statuses(examine(estate), "fine")}


# --- Entra ID


@pytest.mark.parametrize(
    ("reply", "check", "words"),
    [
        (aadsts(7000215, 401), "entra_sign_in", f"The client secret of app {CLIENT_ID} is wrong."),
        (aadsts(7000222, 401), "entra_sign_in", "has expired"),
        (aadsts(700016), "entra_sign_in", f"knows no app {CLIENT_ID}"),
        (aadsts(90002), "entra_tenant", "There is no tenant contoso.com."),
        (aadsts(65001), "entra_consent", "Nobody has consented"),
        (aadsts(7000229), "entra_consent", "has no service principal"),
        (token(), "entra_consent", "nobody has given admin consent"),
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


# --- Global Administrators


def test_an_administrator_in_scope_is_no_emergency_account(estate: Estate) -> None:
    key = object_id(1)
    listed = estate.graph.listings["/roleManagement/directory/roleAssignments"]
    listed[:] = [{"principalId": each, "roleDefinitionId": GLOBAL_ADMINISTRATOR} for each in (EMERGENCY[0], key)]
    wrong = only_wrong(examine(estate))
    assert wrong["name"] == "entra_administrators"
    assert wrong["finding"].startswith("Of 2 Global Administrators, 1 are enabled")
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
    assert (check["status"], check["finding"][:28]) == ("fine", "Of 2 Global Administrators, ")


def test_nobody_knows_who_is_in_scope_if_active_directory_cannot_be_read(estate: Estate) -> None:
    estate.directory.answers = refuse(Bind, Done(49, "data 52e"))
    assert "entra_administrators" in statuses(examine(estate), "unknown")


# --- Entra Connect, and the controller


def test_what_was_read_of_the_servers_is_judged(estate: Estate) -> None:
    staging = {**SERVER, "staging_mode": True}
    assert only_wrong(examine(estate, connect_servers=[staging]))["name"] == "connect_export"
    unread = {"item": "connect1", "unreachable": True, "msg": "Timed out."}
    assert only_wrong(examine(estate, connect_servers=[unread]))["name"] == "connect_server"


def test_a_folder_that_is_not_there(estate: Estate) -> None:
    result = examine(estate, run_folder=str(estate.folder / "gone"))
    wrong = only_wrong(result)
    assert wrong["name"] == "run_folder"
    assert wrong["advice"] == "Make it first."
    assert "disk_space" not in {check["name"] for check in result["checks"]}


def test_a_folder_that_others_may_write_to(estate: Estate) -> None:
    estate.folder.chmod(0o777)
    wrong = only_wrong(examine(estate))
    assert (wrong["name"], "others may write to" in wrong["finding"]) == ("run_folder", True)


def test_a_relative_folder(estate: Estate) -> None:
    assert only_wrong(examine(estate, run_folder="runs"))["advice"] == "Write an absolute path."


def test_a_full_disk(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    state = SimpleNamespace(f_bavail=1, f_frsize=4096)
    monkeypatch.setattr(run_folder.os, "statvfs", lambda _path: state)
    wrong = only_wrong(examine(estate))
    assert (wrong["name"], "has only 0 MiB" in wrong["finding"]) == ("disk_space", True)


def test_a_scope_or_an_exclusion_that_is_wrong_is_a_check(estate: Estate) -> None:
    result = examine(estate, scope={"search_base": f"OU=Staff,{DOMAIN}", "search_filter": "(("})
    assert only_wrong(result)["name"] == "scope"
    assert only_wrong(examine(estate, exclude={"organizational_units": ["Staff"]}))["name"] == "exclude"


def test_check_mode_is_no_different(estate: Estate) -> None:
    assert os.listdir(estate.folder) == []
    assert examine(estate, _ansible_check_mode=True)["verdict"] == ""
    assert os.listdir(estate.folder) == []
