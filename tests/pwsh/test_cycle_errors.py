# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_cycle where run profiles end otherwise than with success."""

from __future__ import annotations

import pytest

from lab.sync.scripted import Cloud
from lab.sync.state import prepare
from pwsh_server import ENTRA, Server

ANCHOR = "3jFgh7G/i0+csBxnpglNPg=="
HARDENED = "Hard match operation blocked due to security hardening. Review OnPremisesObjectIdentifier mapping."


def refuse(cloud: Cloud, anchor: str, code: str, message: str, **details: list[str]) -> None:
    cloud.answers[anchor] = {"outcome": "error", "error": {"code": code, "message": message, "details": details}}


def test_export_errors_name_object_code_and_what_to_do(connect_server: Server, cloud: Cloud) -> None:
    connect_server.pending(ANCHOR, "nlbGyIhGPE+EYq/E/2CBew==")
    refuse(cloud, ANCHOR, "InvalidHardMatch", HARDENED, ObjectIdInConflict=["7505ed65-e7f5-4dca-9f78-2617a247f047"])
    result = connect_server.cycle()

    assert result["failed"]
    assert result["changed"], "the cycle has run"
    assert (result["outcome"], result["cause"]) == ("errors", "run_errors")
    assert f"'{ENTRA}' Export: completed-export-errors, 1 failed. Some objects were refused" in result["msg"]
    assert (
        f"The first refused object: user0@contoso.com: InvalidHardMatch: {HARDENED} Entra refused the hard match: "
        in result["msg"]
    )
    export = result["runs"][-1]
    assert (export["result"], export["adds"], export["failures"]) == ("completed-export-errors", 1, 1)
    [error] = result["export_errors"]
    assert error["immutable_id"] == ANCHOR
    assert error["distinguished_name"] == "CN={336A46676837472F69302B637342786E70676C4E50673D3D}"
    assert error["code"] == "InvalidHardMatch"
    assert error["message"] == HARDENED
    assert error["details"] == {"ObjectIdInConflict": ["7505ed65-e7f5-4dca-9f78-2617a247f047"]}
    assert error["object_type"] == "user"
    assert error["on_premises_distinguished_name"] == "CN=User 0,DC=ad,DC=contoso,DC=com"
    assert error["advice"].startswith("Entra refused the hard match:")
    assert error["retry_count"] == 0

    again = connect_server.cycle(fail_on_error=False)
    assert not again["failed"]
    assert again["outcome"] == "errors"
    assert again["export_errors"][0]["retry_count"] == 1
    assert "The first refused object: user0@contoso.com" in " ".join(again["shown"].split())


def test_an_error_without_advice_keeps_its_text(connect_server: Server, cloud: Cloud) -> None:
    connect_server.pending(ANCHOR)
    text = "Unbekannt: <b>&\"'\n zweite Zeile"
    refuse(cloud, ANCHOR, "SomethingNew", text)
    result = connect_server.cycle(fail_on_error=False)
    [error] = result["export_errors"]
    assert (error["code"], error["message"], error["advice"], error["details"]) == ("SomethingNew", text, None, None)


def test_the_deletion_threshold(connect_server: Server, cloud: Cloud) -> None:
    connect_server.pending(ANCHOR)
    assert connect_server.cycle()["outcome"] == "success"
    estate = connect_server.state.read("estate.json")
    connect_server.state.write("estate.json", {**estate, "deletion_threshold": 0})
    connect_server.pending()
    cloud.requests.clear()
    result = connect_server.cycle()
    assert result["failed"]
    assert result["runs"][-1]["result"] == "stopped-deletion-threshold-exceeded"
    assert "so they were held back. If they are not meant, put the filtering or the OU back" in result["msg"]
    assert cloud.requests == []


def test_entra_out_of_reach(connect_server: Server) -> None:
    connect_server.faults(steps={f"{ENTRA}/Delta Import": "no-start-connection"})
    result = connect_server.cycle()
    assert result["failed"]
    assert [run["outcome"] for run in result["runs"]] == ["error", "success", "success"]
    assert "Entra ID could not be reached: check the proxy, TLS 1.2, DNS" in result["msg"]


@pytest.mark.parametrize("token", ["completed-warnings-of-tomorrow", "stopped-server-down"])
def test_any_other_result_is_an_error(connect_server: Server, token: str) -> None:
    connect_server.faults(steps={f"{ENTRA}/Export": token})
    result = connect_server.cycle()
    assert result["failed"]
    assert f"'{ENTRA}' Export: {token}." in result["msg"]


@pytest.mark.parametrize("token", ["completed-export-warnings", "completed-transient-objects"])
def test_warnings_do_not_fail(connect_server: Server, token: str) -> None:
    connect_server.faults(steps={f"{ENTRA}/Export": token})
    result = connect_server.cycle()
    assert not result["failed"]
    assert result["outcome"] == "warnings"
    assert f"'{ENTRA}' Export: {token}" in " ".join(result["shown"].split())


def test_several_connectors_of_which_one_cannot_connect(connect_server: Server, cloud: Cloud) -> None:
    """A real refusal: nobody listens where the first forest's domain controller should be."""
    nobody = {
        "server": "127.0.0.1",
        "port": 1,
        "ca_cert": cloud.settings["ca_cert"],
        "username": "u",
        "password": "Pass-w0rd",
    }
    forests = [{"name": name, "netbios": name[:1].upper(), **nobody} for name in ("b.example.com", "a.example.com")]
    connect_server.state = prepare(connect_server.state.folder, forests=forests, cloud=cloud.settings)
    planned = connect_server.cycle("--check")
    assert [(item["connector"], item["run_profile"]) for item in planned["plan"]] == [
        *((name, "Delta Import") for name in ("b.example.com", "a.example.com", ENTRA)),
        *((name, "Delta Synchronization") for name in ("b.example.com", "a.example.com", ENTRA)),
        *((name, "Export") for name in (ENTRA, "b.example.com", "a.example.com")),
    ]
    result = connect_server.cycle("-vvvv")
    assert result["failed"]
    ran = [(run["connector"], run["run_profile"]) for run in result["runs"]]
    assert ran == [(item["connector"], item["run_profile"]) for item in planned["plan"]]
    assert {run["connector"]: run["result"] for run in result["runs"][:3]} == {
        "b.example.com": "no-start-connection",
        "a.example.com": "no-start-connection",
        ENTRA: "success",
    }
    failed = result["runs"][0]["steps"][0]["connection_error"]
    assert failed.startswith("127.0.0.1: ")
    assert f"'b.example.com' Delta Import: no-start-connection ({failed})." in result["msg"]
    assert "No domain controller could be reached: check DNS, the network and the password" in result["msg"]
    assert "Pass-w0rd" not in result["shown"]
