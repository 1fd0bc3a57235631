# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts in bulk, against the floor: an ldap3 loop that adds the same entries over one connection.

Run by hand, in a lab that is up and is taken down afterwards: `PYTHONPATH=tests python -m bench.accounts`, which takes
a quarter of an hour. For each size the cloud users are read from the emulator by `entra_user_info`, the same plan is
carried out by the loop and (for others of the same form) by `ad_user`, as the processes that Ansible starts, and then
`ad_user` runs once more.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lab import emulator, estate
from lab.dc.directory import connect

MODULES = "ansible_collections.hybrid.identity.plugins.modules"
SIZES = (1_000, 10_000)
DEPARTMENTS = ("Sales", "Finance", "Operations", "Design", "HR")
LDAP = ("server", "port", "ca_cert", "username", "password")


class Bench:
    """The estate, and the modules as processes of their own."""

    def __init__(self) -> None:
        self.lab = estate.read(estate.folder())
        self.unit = f"OU=Bench {secrets.token_hex(3)},{self.lab['ldap']['base_dn']}"
        connection = connect(self.lab["ldap"])
        assert connection.add(self.unit, "organizationalUnit"), connection.result
        connection.unbind()

    def people(self, domain: str, count: int) -> None:
        """Cloud users of a domain, with the attributes that people have."""
        users = []
        for number in range(1, count + 1):
            name = f"person{number:05d}"
            mail = f"{name}@{domain}"
            users.append(
                {
                    "userPrincipalName": mail,
                    "displayName": f"Person {number:05d} {domain}",
                    "givenName": "Person",
                    "surname": f"Number {number:05d}",
                    "mail": mail,
                    "proxyAddresses": [f"SMTP:{mail}", f"smtp:{name}.alias@{domain}"],
                    "department": DEPARTMENTS[number % len(DEPARTMENTS)],
                    "jobTitle": "Clerk",
                    "city": "Bonn",
                    "country": "Germany",
                    "businessPhones": [f"+49 228 {number:06d}"],
                    "employeeId": f"{domain[:1]}{number}",
                }
            )
        emulator.control(self.lab["graph_url"], Path(self.lab["ca_cert"]), "POST", "users", users)

    def entra_user_info(self, domain: str) -> tuple[dict[str, Any], float]:
        keys = ("tenant", "client_id", "secret", "authority", "graph_url")
        options = {key: self.lab[key] for key in keys} | {"graph_ca_cert": self.lab["ca_cert"]}
        return self._module("entra_user_info", domains=[domain], disable_instance_discovery=True, **options)

    def ad_user(self, users: list[Any], **options: Any) -> tuple[dict[str, Any], float]:
        connection = {key: self.lab["ldap"][key] for key in LDAP}
        with tempfile.TemporaryDirectory() as folder:
            random = {"account_password": "random", "password_file": f"{folder}/new.jsonl", "password_hash_sync": False}
            return self._module("ad_user", users=users, path=self.unit, **random, **connection, **options)

    def loop(self, planned: list[dict[str, Any]]) -> float:
        """The floor: seconds that adding the planned accounts takes, one after the other, with a password each."""
        entries = []
        for user in planned:
            values = {name: value for name, value in user["after"].items() if name != "cn"}
            values["unicodePwd"] = f'"Floor-{secrets.token_urlsafe(20)}1"'.encode("utf-16-le")
            entries.append((user["distinguished_name"], values))
        started = time.monotonic()
        connection = connect(self.lab["ldap"])
        for dn, values in entries:
            assert connection.add(dn, "user", values), connection.result
        connection.unbind()
        return time.monotonic() - started

    def _module(self, name: str, check_mode: bool = False, **arguments: Any) -> tuple[dict[str, Any], float]:
        with tempfile.TemporaryDirectory() as folder:
            arguments |= {"_ansible_check_mode": check_mode, "_ansible_diff": True, "_ansible_remote_tmp": folder}
            started = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", f"{MODULES}.{name}"],
                input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                capture_output=True,
                text=True,
                check=False,
            )
            seconds = time.monotonic() - started
        assert done.stdout, done.stderr
        result = dict(json.loads(done.stdout))
        assert not result.get("failed"), result["msg"]
        return result, seconds


def measure(bench: Bench, count: int) -> dict[str, float]:
    """Milliseconds a user for one size."""
    floor, task = (f"{name}{count}.contoso.com" for name in ("floor", "task"))
    for domain in (floor, task):
        bench.people(domain, count)
    planned, _seconds = bench.ad_user(bench.entra_user_info(floor)[0]["users"], check_mode=True)
    assert planned["summary"]["created"] == count, planned["summary"]
    loop = bench.loop(planned["users"])
    found, reading = bench.entra_user_info(task)
    made, making = bench.ad_user(found["users"])
    assert made["summary"]["created"] == count, made["summary"]
    again, repeating = bench.ad_user(found["users"])
    assert not again["changed"], again["summary"]
    seconds = {"read": reading, "loop": loop, "task": making, "again": repeating}
    return {**{name: value / count * 1000 for name, value in seconds.items()}, "ratio": making / loop}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    sizes = parser.parse_args().sizes
    bench = Bench()
    print(f"{'users':>8}{'read':>10}{'ldap3 loop':>12}{'ad_user':>10}{'again':>10}{'ratio':>8}   milliseconds a user")
    for count in sizes:
        found = measure(bench, count)
        row = f"{count:>8}{found['read']:>10.2f}{found['loop']:>12.2f}{found['task']:>10.2f}{found['again']:>10.2f}"
        print(f"{row}{found['ratio']:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
