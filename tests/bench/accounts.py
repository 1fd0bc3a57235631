# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts in bulk, against the floor: an ldap3 loop that adds the same entries over one connection.

Run by hand, in a lab that is up and is taken down afterwards: `PYTHONPATH=tests python -m bench.accounts`, which takes
a quarter of an hour. For each size the cloud users are read from the emulator by `entra_user_info`, `ad_user` plans
their accounts, carries the plan out, and plans once more, each in a process as Ansible starts it. Then `match_plan`
plans the match of these users, because `ad_user` is to need no more memory than it. Samba takes longer for an account
the more it has, so the loop makes half of its accounts before and half of them after.
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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import emulator, estate
from lab.dc.directory import connect

# Runs a module and says its peak memory in KiB at the end. getrusage would count what its parent held at the fork.
WITH_MEMORY = """
import atexit, runpy, sys
def say():
    with open("/proc/self/status") as status:
        print(*(line.split()[1] for line in status if line.startswith("VmHWM:")), file=sys.stderr)
atexit.register(say)
runpy.run_module(sys.argv.pop(), run_name="__main__")
"""
MODULES = "ansible_collections.hybrid.identity.plugins.modules"
SIZES = (1_000, 10_000)
DEPARTMENTS = ("Sales", "Finance", "Operations", "Design", "HR")
LDAP = ("server", "port", "ca_cert", "username", "password")


@dataclass
class Measured:
    """A module's result, how long its process ran, and its peak memory."""

    result: dict[str, Any]
    seconds: float
    megabytes: float


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
            # No two people share the first 20 characters, of which AD makes a name.
            name = f"{domain.partition('.')[0]}-{number:05d}"
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

    def suffixes(self, *domains: str) -> None:
        """Add UPN suffixes to the forest."""
        connection = connect(self.lab["ldap"])
        partitions = f"CN=Partitions,CN=Configuration,{self.lab['ldap']['base_dn']}"
        assert connection.modify(partitions, {"uPNSuffixes": [("MODIFY_ADD", list(domains))]}), connection.result
        connection.unbind()

    def entra_user_info(self, domain: str, file: str) -> Measured:
        return self._module("entra_user_info", domains=[domain], save_to=file, **self._entra())

    def match_plan(self, domain: str, folder: str) -> Measured:
        scope, plan = {"upn_suffixes": [domain]}, f"{folder}/match-plan.jsonl"
        return self._module("match_plan", scope=scope, plan_file=plan, **self._ad(), **self._entra())

    def ad_user(self, folder: str, check_mode: bool = False, **options: Any) -> Measured:
        files = {f"{name}_file": f"{folder}/{name}.jsonl" for name in ("users", "plan", "result", "password")}
        more = {"account_password": "random", "password_hash_sync": False, "journal": f"{folder}/journal.jsonl"}
        return self._module("ad_user", check_mode, path=self.unit, **files, **more, **self._ad(), **options)

    def _ad(self) -> dict[str, Any]:
        return {key: self.lab["ldap"][key] for key in LDAP}

    def _entra(self) -> dict[str, Any]:
        keys = ("tenant", "client_id", "secret", "authority", "graph_url")
        more = {"graph_ca_cert": self.lab["ca_cert"], "disable_instance_discovery": True}
        return {key: self.lab[key] for key in keys} | more

    def loop(self, planned: Sequence[dict[str, Any]]) -> float:
        """The floor: seconds that adding the planned accounts takes, one after the other, with a password each."""
        entries = []
        for user in planned:
            values: dict[str, Any] = {}
            for write in user["change"]["writes"]:
                if write["attribute"] != "cn":
                    values.setdefault(write["attribute"], []).append(write["after"])
            values["unicodePwd"] = f'"Floor-{secrets.token_urlsafe(20)}1"'.encode("utf-16-le")
            entries.append((user["ad"]["distinguished_name"], values))
        started = time.monotonic()
        connection = connect(self.lab["ldap"])
        for dn, values in entries:
            assert connection.add(dn, "user", values), connection.result
        connection.unbind()
        return time.monotonic() - started

    def _module(self, name: str, check_mode: bool = False, **arguments: Any) -> Measured:
        with tempfile.TemporaryDirectory() as folder:
            arguments |= {"_ansible_check_mode": check_mode, "_ansible_diff": True, "_ansible_remote_tmp": folder}
            started = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-c", WITH_MEMORY, f"{MODULES}.{name}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                text=True,
            )
            said, complaints = process.communicate(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
            seconds = time.monotonic() - started
        assert said, complaints
        result = dict(json.loads(said))
        assert not result.get("failed"), result["msg"]
        return Measured(result, seconds, int(complaints.split()[-1]) / 1024)


def read_plan(folder: str) -> list[dict[str, Any]]:
    lines = Path(folder, "plan.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines[1:-1]]


def measure(bench: Bench, count: int) -> dict[str, float]:
    """Milliseconds a user for one size, and the peak memory of the modules in MB."""
    floor, task = (f"{name}{count}.contoso.com" for name in ("floor", "task"))
    bench.suffixes(floor, task)
    for domain in (floor, task):
        bench.people(domain, count)
    with tempfile.TemporaryDirectory() as other, tempfile.TemporaryDirectory() as folder:
        bench.entra_user_info(floor, f"{other}/users.jsonl")
        assert bench.ad_user(other, check_mode=True).result["summary"]["created"] == count
        planned = read_plan(other)
        loop = bench.loop(planned[: count // 2])
        read = bench.entra_user_info(task, f"{folder}/users.jsonl")
        plan = bench.ad_user(folder, check_mode=True)
        made = bench.ad_user(folder, plan_sha256=plan.result["plan_sha256"])
        assert made.result["summary"]["created"] == count, made.result["summary"]
        assert made.result["verdict"] == "", made.result["verdict"]
        again = bench.ad_user(folder, check_mode=True)
        assert not again.result["changed"], again.result["summary"]
        match = bench.match_plan(task, folder)
        assert match.result["summary"]["total"] == count, match.result["summary"]
        loop += bench.loop(planned[count // 2 :])
    runs = {"read": read.seconds, "loop": loop, "plan": plan.seconds, "apply": made.seconds, "again": again.seconds}
    return {
        **{name: value / count * 1000 for name, value in runs.items()},
        "ratio": (plan.seconds + made.seconds) / loop,
        "apply only": made.seconds / loop,
        "read, MB": read.megabytes,
        "ad_user, MB": max(each.megabytes for each in (plan, made, again)),
        "match, MB": match.megabytes,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    sizes = parser.parse_args().sizes
    bench = Bench()
    for position, count in enumerate(sizes):
        found = measure(bench, count)
        if position == 0:
            print(f"{'users':>8}" + "".join(f"{name:>12}" for name in found) + "   milliseconds a user")
        print(f"{count:>8}" + "".join(f"{value:>12.2f}" for value in found.values()), flush=True)


if __name__ == "__main__":
    main()
