# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lasts and what is told: kill -9, restart, dump, requests, reset, placeholders, start-up errors."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any

import httpx
import pytest
from support.entra_process import SEED, TESTS, Emulator
from support.polling import PATIENCE
from test_batches import _patch


def test_every_acknowledged_write_outlives_a_kill(own_entra: Emulator) -> None:
    entra = own_entra
    users = [{"userPrincipalName": f"u{number}@contoso.com", "displayName": f"U {number}"} for number in range(2000)]
    assert entra.http.post("/lab/users", json=users).json() == {"written": 2000}
    token = entra.token()
    acknowledged: dict[str, str] = {}

    def write() -> None:
        for start in range(0, 2000, 20):
            items = [_patch(at, f"u{at}@contoso.com", f"v{at}") for at in range(start, start + 20)]
            try:
                answers = entra.batch(items)
            except (httpx.HTTPError, RuntimeError):
                return
            for key, answer in answers.items():
                if answer["status"] == 204:
                    acknowledged[f"u{key}@contoso.com"] = f"v{key}"

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 300 and writer.is_alive():
        writer.join(0.001)
    assert entra.process
    entra.process.kill()
    entra.process.wait(timeout=PATIENCE)
    writer.join(timeout=PATIENCE)
    assert 300 <= len(acknowledged) < 2000
    with open(entra.state / "store.jsonl", "ab") as journal:
        journal.write(b'["user","torn')  # a write that nobody was told of
    entra.start()
    dumped = entra.http.get("/lab/dump").json()["user"]
    held = {user["userPrincipalName"]: user.get("onPremisesImmutableId") for user in dumped}
    assert {upn: held[upn] for upn in acknowledged} == acknowledged
    # the signing key is kept too: an old token still opens the door
    answer = entra.http.get("/v1.0/users?$top=1", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    before = entra.http.get("/lab/dump").content
    assert entra.stop() == 0, entra.log()
    entra.start()
    assert entra.http.get("/lab/dump").content == before


def test_dump_is_sorted_and_without_secrets(entra: Emulator) -> None:
    first = entra.http.get("/lab/dump")
    body = first.json()
    ids = [user["id"] for user in body["user"]]
    assert ids == sorted(ids)
    assert {user["userPrincipalName"] for user in body["user"] if user.get("deletedDateTime")} == {
        "tom.alder.2019@contoso.com"
    }
    entra.graph("GET", "/users")
    assert entra.http.get("/lab/dump").content == first.content
    for secret in entra.secrets.values():
        assert secret not in first.text
        assert secret not in entra.http.get("/lab/requests").text


def test_requests_are_recorded_to_the_byte(entra: Emulator) -> None:
    entra.graph("GET", "/users/miles.o'brien%40contoso.com?$select=id,mail")
    entra.graph(
        "PATCH",
        "/users/ada.fuchs@contoso.com",
        content=b'{"onPremisesImmutableId": null}',
        headers={"Content-Type": "application/json", "Client-Request-Id": "me"},
    )
    entra.batch([_patch(7, "ada.fuchs@contoso.com", None)])
    one, two, three, four = entra.http.get("/lab/requests").json()
    assert (one["method"], one["path"], one["query"]) == (
        "GET",
        "/v1.0/users/miles.o'brien%40contoso.com",
        "$select=id,mail",
    )
    assert two["body"] == '{"onPremisesImmutableId": null}'
    assert two["headers"]["client-request-id"] == "me"
    assert three["path"] == "/v1.0/$batch"
    assert (four["batch"], four["item"], four["body"]) == (2, "7", '{"onPremisesImmutableId":null}')
    assert not any("authorization" in request["headers"] for request in (one, two, three, four))
    assert entra.http.delete("/lab/requests").status_code == 204
    assert entra.http.get("/lab/requests").json() == []
    entra.settings(record=False)
    entra.graph("GET", "/users")
    assert entra.http.get("/lab/requests").json() == []


def test_placeholders(entra: Emulator) -> None:
    values = {"Lena.Fischer@contoso.com": "lena==", "ivan.petrov@contoso.com": "ivan=="}
    body = entra.http.post("/lab/immutable-ids", json=values).json()
    assert body == {"set": 2, "missing": ["dora.klein@contoso.com", "tom.alder@contoso.com"]}
    assert entra.immutable_id("lena.fischer@contoso.com") == "lena=="
    entra.graph("PATCH", "/users/ivan.petrov@contoso.com", json={"onPremisesImmutableId": None})
    assert entra.http.post("/lab/reset").status_code == 204
    assert entra.immutable_id("ivan.petrov@contoso.com") == "ivan=="


def test_loading_users(entra: Emulator) -> None:
    hidden = {"roles": ["Global Administrator"], "onPremisesObjectIdentifier": "x", "isCloudManaged": True}
    users = {"users": [{"userPrincipalName": "Big.Boss@contoso.com", "displayName": "Big Boss", "lab": hidden}]}
    assert entra.http.post("/lab/users", json=users).json() == {"written": 1}
    assert entra.graph("PATCH", "/users/big.boss@contoso.com", json={"accountEnabled": False}).status_code == 403
    entra.http.patch("/lab/users", json=[{"userPrincipalName": "big.boss@contoso.com", "lab": {"roles": None}}])
    assert entra.graph("PATCH", "/users/big.boss@contoso.com", json={"accountEnabled": False}).status_code == 204
    for wrong in (
        {"users": [{"userPrincipalName": "a@contoso.com", "nosuch": 1}]},
        [{"displayName": "nobody"}],
        [{"userPrincipalName": "a@contoso.com", "lab": {"magic": 1}}],
        "x",
    ):
        answer = entra.http.post("/lab/users", json=wrong)
        assert answer.status_code == 400
        assert answer.json()["error"].endswith(".")
    assert entra.http.patch("/lab/users", json=[{"id": "none"}]).status_code == 400
    assert entra.http.get("/lab/nosuch").status_code == 404


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab.entra", *arguments],
        env={"PYTHONPATH": str(TESTS), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--host", "192.0.2.1"], "is not a loopback address"),
        (["--seed", "nosuch.json"], "cannot be read"),
        (["--credentials", "nosuch.json"], "nosuch.json"),
        (["--credentials", str(SEED)], "must hold an object of objects"),
        (["--tls-cert", "nosuch.pem"], "nosuch.pem"),
        (["--tls-key", str(SEED)], "PEM"),
        (["--state", "{state}"], "Another emulator uses the state folder"),
        (["--port", "{port}"], "Address already in use"),
    ],
)
def test_start_up_errors(own_entra: Emulator, more: list[str], sentence: str) -> None:
    tls = own_entra.tls
    common = ["--tls-cert", str(tls["cert"]), "--tls-key", str(tls["key"]), "--seed", str(SEED)]
    given = [part.format(state=own_entra.state, port=own_entra.port) for part in more]
    done = _run(*common, "--state", str(own_entra.folder / "other"), *given)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_seed_is_a_tenant_of_the_right_shape() -> None:
    seed: dict[str, Any] = json.loads(SEED.read_text("utf-8"))
    names = [user["userPrincipalName"].lower() for user in seed["users"]]
    assert len(names) == len(set(names)) >= 44
    verified = {domain["id"] for domain in seed["domains"] if domain["isVerified"]}
    assert {name.rpartition("@")[2] for name in names} <= verified
    assert not any("+" in name for name in names)  # facts §7
