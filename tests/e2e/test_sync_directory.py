# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cycle against the real directory, in an organizational unit of its own; the cloud behind it is scripted."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ldap3
import pytest

from lab.dc.directory import connect
from lab.sync.scripted import Cloud
from lab.sync.state import TESTS, State, prepare

ANCHOR = "mS-DS-ConsistencyGuid"


class Estate:
    def __init__(self, connection: ldap3.Connection, unit: str, state: State, cloud: Cloud) -> None:
        self.connection, self.unit, self.state, self.cloud = connection, unit, state, cloud

    def dn(self, name: str) -> str:
        return f"CN={name},{self.unit}"

    def add(self, kind: str, name: str, **attributes: Any) -> None:
        done = self.connection.add(self.dn(name), kind, attributes)
        assert done, self.connection.result

    def replace(self, name: str, attribute: str, value: str | bytes) -> None:
        done = self.connection.modify(self.dn(name), {attribute: [(ldap3.MODIFY_REPLACE, [value])]})
        assert done, self.connection.result

    def raw(self, name: str, attribute: str) -> list[bytes]:
        self.connection.search(self.dn(name), "(objectClass=*)", ldap3.BASE, attributes=[attribute])
        return list(self.connection.response[0]["raw_attributes"][attribute])

    def cycle(self, policy: str = "delta") -> dict[tuple[str, str], dict[str, Any]]:
        """Run a cycle as the lab does without a PowerShell; return its runs by connector's side and profile."""
        self.cloud.requests.clear()
        known = set((self.state.folder / "runs").iterdir())
        command = [sys.executable, "-m", "lab.sync", "--state", str(self.state.folder), "--policy", policy]
        subprocess.run(command, env={**os.environ, "PYTHONPATH": str(TESTS)}, check=True, timeout=120)
        runs = [json.loads(path.read_text()) for path in sorted(set((self.state.folder / "runs").iterdir()) - known)]
        sides = {True: "ad", False: "entra"}
        return {
            (sides[run["ConnectorName"] == "ad.contoso.com"], run["RunProfileName"]): {
                "result": run["Result"],
                **run["Steps"][0],
            }
            for run in runs
        }


@pytest.fixture
def estate(lab: dict[str, Any], tmp_path: Path) -> Iterator[Estate]:
    connection = connect(lab["ldap"])
    unit = f"OU=Cycle {os.getpid()},DC=ad,DC=contoso,DC=com"
    assert connection.add(unit, "organizationalUnit"), connection.result
    cloud = Cloud(tmp_path)
    keys = ("server", "port", "ca_cert", "username", "password")
    forest = {
        "name": "ad.contoso.com",
        "netbios": "CONTOSO",
        "search_base": unit,
        **{key: lab["ldap"][key] for key in keys},
    }
    yield Estate(connection, unit, prepare(tmp_path / "state", forests=[forest], cloud=cloud.settings), cloud)
    cloud.close()
    connection.search(unit, "(!(objectClass=organizationalUnit))", attributes=["cn"])
    for entry in list(connection.response):
        connection.delete(entry["dn"])
    connection.delete(unit)
    connection.unbind()


def user(estate: Estate, name: str, **attributes: Any) -> None:
    upn = f"{name}@contoso.com"
    estate.add("user", name, sAMAccountName=name, userPrincipalName=upn, userAccountControl=544, **attributes)


def test_life_of_a_user(estate: Estate) -> None:
    user(estate, "cyc.ada", displayName="Ada Ü")
    user(estate, "cyc.bea")
    user(estate, "MSOL_cyc")
    estate.add("contact", "cyc.contact", mail="c@example.com", proxyAddresses=["SMTP:c@example.com"])
    estate.add("contact", "cyc.silent")
    guid = estate.raw("cyc.ada", "objectGUID")[0]
    assert estate.raw("cyc.ada", ANCHOR) == []

    first = estate.cycle("initial")
    assert {run["result"] for run in first.values()} == {"success"}
    assert list(first) == [
        ("ad", "Full Import"),
        ("entra", "Full Import"),
        ("ad", "Full Synchronization"),
        ("entra", "Full Synchronization"),
        ("entra", "Export"),
        ("ad", "Export"),
    ]
    assert first["ad", "Full Import"]["StageAdd"] == 5
    assert first["ad", "Full Synchronization"]["DisconnectorFiltered"] == 2
    assert first["entra", "Export"]["ExportAdd"] == 3
    [request] = estate.cloud.requests
    by_name = {item["distinguishedName"]: item for item in request["objects"]}
    assert set(by_name) == {estate.dn("cyc.ada"), estate.dn("cyc.bea"), estate.dn("cyc.contact")}
    ada = by_name[estate.dn("cyc.ada")]
    assert (ada["displayName"], ada["userPrincipalName"], ada["accountEnabled"]) == (
        "Ada Ü",
        "cyc.ada@contoso.com",
        True,
    )
    # The anchor came from objectGUID, and is written back where it was empty (facts §2).
    assert estate.raw("cyc.ada", ANCHOR) == [guid]
    assert first["ad", "Export"]["ExportUpdate"] == 2

    second = estate.cycle()
    assert {run["result"] for run in second.values()} == {"success"}
    assert estate.cloud.requests == []

    estate.replace("cyc.ada", "displayName", "Ada Neu")
    assert estate.connection.delete(estate.dn("cyc.bea"))
    third = estate.cycle()
    assert third["ad", "Delta Import"]["StageUpdate"] == third["ad", "Delta Import"]["StageDelete"] == 1
    assert (third["entra", "Export"]["ExportUpdate"], third["entra", "Export"]["ExportDelete"]) == (1, 1)
    changed, deleted = estate.cloud.requests
    assert [item["displayName"] for item in changed["objects"]] == ["Ada Neu"]
    assert deleted["deletes"] == [by_name[estate.dn("cyc.bea")]["sourceAnchor"]]


def test_a_changed_anchor_stops_the_object(estate: Estate) -> None:
    user(estate, "cyc.carl")
    estate.cycle()
    estate.replace("cyc.carl", ANCHOR, b"0123456789abcdef")
    runs = estate.cycle()
    assert runs["ad", "Delta Synchronization"]["result"] == "completed-sync-errors"
    assert "SourceAnchor attribute has changed." in runs["ad", "Delta Synchronization"]["SyncErrors"]["SyncErrorsXml"]
    assert estate.cloud.requests == []


def test_what_was_refused_is_tried_again(estate: Estate) -> None:
    user(estate, "cyc.dora")
    first = estate.cycle()
    assert first["entra", "Export"]["result"] == "success"
    anchor = estate.cloud.requests[0]["objects"][0]["sourceAnchor"]
    estate.replace("cyc.dora", "displayName", "Dora")
    estate.cloud.answers[anchor] = {"outcome": "error", "error": {"code": "InvalidSoftMatch", "message": "taken"}}
    second = estate.cycle()
    assert (second["entra", "Export"]["result"], second["entra", "Export"]["ExportFailure"]) == (
        "completed-export-errors",
        1,
    )
    del estate.cloud.answers[anchor]
    third = estate.cycle()
    assert (third["entra", "Export"]["result"], third["entra", "Export"]["ExportUpdate"]) == ("success", 1)


def test_staging_mode_exports_nothing(estate: Estate) -> None:
    user(estate, "cyc.emil")
    estate.state.write("scheduler.json", {**estate.state.read("scheduler.json"), "StagingModeEnabled": True})
    assert "Export" not in {profile for _connector, profile in estate.cycle()}
    assert estate.cloud.requests == []
    assert estate.raw("cyc.emil", ANCHOR) == []


def test_a_wrong_password_is_no_connection(estate: Estate) -> None:
    settings = estate.state.read("estate.json")
    settings["forests"][0]["password"] = "not-it"
    estate.state.write("estate.json", settings)
    runs = estate.cycle()
    assert runs["ad", "Delta Import"]["result"] == "no-start-connection"
    assert "invalidCredentials" in runs["ad", "Delta Import"]["ConnectorConnectionInformationXml"]
    assert runs["entra", "Export"]["result"] == "success"


def test_an_account_that_may_not_write_the_anchor(estate: Estate) -> None:
    """Samba refuses it: an account without rights reads everything and writes nothing."""
    password = "Cycle-" + secrets.token_urlsafe(12) + "1a"
    user(estate, "cyc.reader", unicodePwd=f'"{password}"'.encode("utf-16-le"))
    settings = estate.state.read("estate.json")
    settings["forests"][0] |= {"username": "cyc.reader@contoso.com", "password": password}
    estate.state.write("estate.json", settings)
    export = estate.cycle()["ad", "Export"]
    assert (export["result"], export["ExportFailure"]) == ("completed-export-errors", 1)
    assert "<error-type>permission-issue</error-type>" in export["SyncErrors"]["SyncErrorsXml"]
    assert "<error-code>8344</error-code>" in export["SyncErrors"]["SyncErrorsXml"]
    assert estate.raw("cyc.reader", ANCHOR) == []
