# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor on the wire: one thing wrong with Active Directory after the other."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import trustme
from doctor_estate import ATTRIBUTES, cross_ref, examine, only_wrong, refuse, statuses
from estate import STAFF, Estate
from forest_script import DOMAIN, PARTITIONS
from ldap_wire import CLOSE, Bind, Done, Request, Search

from ansible_collections.hybrid.identity.plugins.module_utils._ldap.preconditions import network

pytestmark = pytest.mark.usefixtures("fine_estate")


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
        f"127.0.0.1:{port} refuses the connection, so no service listens there.",
    )


@pytest.mark.parametrize(
    ("error", "words"), [(TimeoutError(), "did not answer within 60 s"), (OSError(113, "No route"), "has no route to")]
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
    assert wrong["advice"] == "Set ca_cert to the certificate of the CA."
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


def test_a_connection_that_is_lost_before_the_sign_in_is_not_replaced_by_one_that_signs_in(estate: Estate) -> None:
    directory = estate.directory

    def lost(request: Request) -> str | None:
        signed_in = any(isinstance(each, Bind) for each in directory.requests)
        return CLOSE if isinstance(request, Search) and not request.base and not signed_in else None

    directory.answers = lost
    result = examine(estate)
    # The time was read after the sign-in.
    assert {check["status"] for check in result["checks"]} == {"fine"}, result["table"]
    assert sum(isinstance(each, Bind) for each in directory.requests) == 1


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
