# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsync_cycle where run profiles end otherwise than with success."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from cases import Cases
from lab.sync.state import prepare
from playbook import Playbook
from pwsh_server import ENTRA, Server

ANCHOR = "3jFgh7G/i0+csBxnpglNPg=="
HARDENED = "Hard match operation blocked due to security hardening. Review OnPremisesObjectIdentifier mapping."
CASES = Cases()
Ran = dict[str, Server]


def refuse(server: Server, anchor: str, code: str, message: str, **details: list[str]) -> None:
    error = {"code": code, "message": message, "details": details}
    server.cloud.answers[anchor] = {"outcome": "error", "error": error}


@CASES
def refused(server: Server) -> None:
    server.pending(ANCHOR, "nlbGyIhGPE+EYq/E/2CBew==")
    refuse(server, ANCHOR, "InvalidHardMatch", HARDENED, ObjectIdInConflict=["7505ed65-e7f5-4dca-9f78-2617a247f047"])
    server.cycle()
    server.cycle(fail_on_error=False)


def test_export_errors_name_object_code_and_what_to_do(ran: Ran) -> None:
    result, again = ran["refused"].results
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

    assert not again["failed"]
    assert again["outcome"] == "errors"
    assert again["export_errors"][0]["retry_count"] == 1
    warned = " ".join(again["shown"].split()).partition("[WARNING]")[2]
    assert "The first refused object: user0@contoso.com" in warned


UNKNOWN = "Unbekannt: <b>&\"'\n zweite Zeile"


@CASES
def unknown(server: Server) -> None:
    server.pending(ANCHOR)
    refuse(server, ANCHOR, "SomethingNew", UNKNOWN)
    server.cycle(fail_on_error=False)


def test_an_error_without_advice_keeps_its_text_on_one_line(ran: Ran) -> None:
    [result] = ran["unknown"].results
    [error] = result["export_errors"]
    assert (error["code"], error["message"]) == ("SomethingNew", UNKNOWN.replace("\n", "\\n"))
    assert (error["advice"], error["details"]) == (None, None)


@CASES
def threshold(server: Server) -> Iterator[None]:
    server.pending(ANCHOR)
    server.cycle()
    yield
    estate = server.state.read("estate.json")
    server.state.write("estate.json", {**estate, "deletion_threshold": 0})
    server.pending()
    server.cloud.requests.clear()
    server.cycle()


def test_the_deletion_threshold(ran: Ran) -> None:
    first, result = ran["threshold"].results
    assert first["outcome"] == "success"
    assert result["failed"]
    assert result["runs"][-1]["result"] == "stopped-deletion-threshold-exceeded"
    assert "so nothing was deleted. If you did not intend them, restore the filtering or the OU" in result["msg"]
    assert ran["threshold"].cloud.requests == []


@CASES
def out_of_reach(server: Server) -> None:
    server.faults(steps={f"{ENTRA}/Delta Import": "no-start-connection"})
    server.cycle()


def test_entra_out_of_reach(ran: Ran) -> None:
    [result] = ran["out_of_reach"].results
    assert result["failed"]
    assert [run["outcome"] for run in result["runs"]] == ["error", "success", "success"]
    assert "Entra ID could not be reached. Check the proxy, TLS 1.2, DNS" in result["msg"]


OTHERS = ("completed-warnings-of-tomorrow", "stopped-server-down")
WARNINGS = ("completed-warnings", "completed-export-warnings", "completed-transient-objects")


def ends_in(token: str, server: Server) -> None:
    server.faults(steps={f"{ENTRA}/Export": token})
    server.cycle()


for name in OTHERS + WARNINGS:
    CASES.add(name.replace("-", "_"), partial(ends_in, name))


@pytest.mark.parametrize("token", OTHERS)
def test_any_other_result_is_an_error(ran: Ran, token: str) -> None:
    [result] = ran[token.replace("-", "_")].results
    assert result["failed"]
    assert f"'{ENTRA}' Export: {token}." in result["msg"]


@pytest.mark.parametrize("token", WARNINGS)
def test_warnings_do_not_fail(ran: Ran, token: str) -> None:
    [result] = ran[token.replace("-", "_")].results
    assert not result["failed"]
    assert result["outcome"] == "warnings"
    warned = " ".join(result["shown"].split()).partition("[WARNING]")[2]
    assert f"'{ENTRA}' Export: {token}" in warned


def test_several_connectors_of_which_one_cannot_connect(
    playbook: Playbook, new_server: Callable[[str], Server]
) -> None:
    """A real refusal: nobody listens where the first forest's domain controller should be."""
    server = new_server("several")
    nobody = {
        "server": "127.0.0.1",
        "port": 1,
        "ca_cert": server.cloud.settings["ca_cert"],
        "username": "u",
        "password": "Pass-w0rd",
    }
    forests = [{"name": name, "netbios": name[:1].upper(), **nobody} for name in ("b.example.com", "a.example.com")]
    server.state = prepare(server.state.folder, forests=forests, cloud=server.cloud.settings)
    server.cycle(check=True)
    server.cycle()
    playbook.run([server], "-vvvv")
    planned, result = server.results
    assert [(item["connector"], item["run_profile"]) for item in planned["plan"]] == [
        *((name, "Delta Import") for name in ("b.example.com", "a.example.com", ENTRA)),
        *((name, "Delta Synchronization") for name in ("b.example.com", "a.example.com", ENTRA)),
        *((name, "Export") for name in (ENTRA, "b.example.com", "a.example.com")),
    ]
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
    assert "No domain controller could be reached. Check DNS, the network and the password" in result["msg"]
    assert "Pass-w0rd" not in result["shown"]
