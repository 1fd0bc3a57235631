# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that make accounts and match them, and rollbacks, each as a process that can be killed."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from accounts import given_passwords
from outside import Control, Directory, Entry, expected_immutable_id, graph_options
from support.ldap_gate import LdapGate
from support.module_runs import ModuleRun

IMMUTABLE_ID, ANCHOR = "onPremisesImmutableId", "mS-DS-ConsistencyGuid"
PASSWORD = "Rb-given,17%xyz"
UNIT, SUFFIX = "Rollback", "contoso.com"


def names(count: int) -> list[str]:
    return [f"back{number:05d}@{SUFFIX}" for number in range(1, count + 1)]


class Runs:
    """The folder of runs. ``users`` are people who are only in the cloud; their accounts are made in ``path``."""

    def __init__(
        self,
        lab: dict[str, Any],
        control: Control,
        directory: Directory,
        path: str,
        folder: Path,
        gate: LdapGate,
        started: contextlib.ExitStack,
        users: list[str],
    ) -> None:
        self.folder = folder / "runs"
        self.folder.mkdir(mode=0o700)
        self.users, self.path = users, path
        self.gate, self._control, self._directory = gate, control, directory
        self._started = started
        self._passwords = given_passwords(folder, dict.fromkeys(users, PASSWORD))
        self._count = 0
        self._ad = {
            **{key: lab["ldap"][key] for key in ("server", "ca_cert", "username", "password")},
            "port": gate.port,
        }
        self._entra = graph_options(lab)
        self._common = {"_ansible_remote_tmp": str(folder / "remote-tmp")}
        control("POST", "users", [{"userPrincipalName": upn, "displayName": upn, "mail": upn} for upn in users])

    # --- Runs

    def make(self) -> ModuleRun:
        """Start to make the accounts, in a run of its own."""
        records = [{"user_principal_name": upn, "display_name": upn, "mail": upn} for upn in self.users]
        files = {"account_password": "given", "given_passwords_file": self._passwords, "journal": self._new_journal()}
        return self._start("ad_user", **self._ad, users=records, path=self.path, **files)

    def match(self, **options: Any) -> ModuleRun:
        """Plan, and start to match all users in a run of its own."""
        journal = self._new_journal()
        plan = finished(
            self._start(
                "match_plan",
                **self._ad,
                **self._entra,
                scope={"search_base": self.path},
                plan_file=journal.replace("journal.jsonl", "hard_match-plan.jsonl"),
                **options,
            )
        )
        files = {"plan_file": plan["plan_file"], "plan_sha256": plan["plan_sha256"], "journal": journal}
        files["result_file"] = journal.replace("journal.jsonl", "hard_match-result.jsonl")
        return self._start("match_apply", **self._ad, **self._entra, run=Path(journal).parent.name, **files)

    def roll_back(self, run: str = "last", check_mode: bool = False, **options: Any) -> ModuleRun:
        given = {"run_folder": str(self.folder), "run": run, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        return self._start("rollback", **{**self._ad, **self._entra, **given, **options})

    def names(self) -> list[str]:
        """The names of the runs that made accounts or matched them, in order."""
        return [f"20261129T{number:06d}Z-localhost-aaaaaa" for number in range(1, self._count + 1)]

    def journal(self, run: str) -> Path:
        return self.folder / run / "journal.jsonl"

    def _new_journal(self) -> str:
        self._count += 1
        path = self.journal(self.names()[-1])
        path.parent.mkdir(mode=0o700)
        return str(path)

    def _start(self, module: str, **options: Any) -> ModuleRun:
        return self._started.enter_context(ModuleRun(module, {**self._common, **options}))

    # --- Kills

    def kill_in_ad(self, run: ModuleRun, writes: int, carried_out: bool) -> None:
        """Kill a run at the write in Active Directory after so many, if it comes so far."""
        run.wait_until(lambda: self.gate.holding, f"{writes} writes are answered and one is held")
        run.kill()
        self.gate.forget()

    def hold_ad(self, writes: int, carried_out: bool) -> None:
        self.gate.let_through(writes, then_carry_out=carried_out)

    def hold_entra(self, writes: int, carried_out: bool) -> None:
        fault = {"method": "PATCH", "hold": True, "skip": writes, "after": carried_out, "count": 1_000_000}
        self._control("PUT", "settings", {"faults": [fault | ({} if carried_out else {"status": 503})]})

    def kill_in_entra(self, run: ModuleRun, writes: int, carried_out: bool) -> None:
        run.wait_until(lambda: self._control.held()["requests"], f"{writes} writes are answered and one is held")
        run.kill()
        self._control.let_go(**({} if carried_out else {"status": 503}))

    # --- What is there

    def accounts(self) -> dict[str, Entry]:
        """The accounts in the unit, by UPN."""
        attributes = ("userPrincipalName", "objectGUID", "objectSid", "userAccountControl", ANCHOR)
        found = self._directory.search("(objectClass=user)", *attributes, base=self.path)
        return {entry["userprincipalname"][0].decode(): entry for entry in found}

    def dump(self) -> Any:
        """All that the tenant holds."""
        return self._control("GET", "dump")

    def immutable_ids(self) -> dict[str, str | None]:
        """The ImmutableIds of the users, by UPN."""
        return {
            user["userPrincipalName"]: user.get(IMMUTABLE_ID)
            for user in self.dump()["user"]
            if user["userPrincipalName"] in self.users
        }

    def is_all_matched(self) -> bool:
        """Whether each user has an account, and the ImmutableId that it makes."""
        made = {upn: expected_immutable_id(entry) for upn, entry in self.accounts().items()}
        return made == self.immutable_ids() and len(made) == len(self.users)


def finished(run: ModuleRun) -> dict[str, Any]:
    """Return the result of a run that must succeed."""
    result = run.result()
    assert not result.get("failed"), result.get("msg")
    assert not result.get("verdict"), result["verdict"]
    return result


def statuses(result: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Return status and cause of each user of a rollback."""
    assert "users" in result, result
    return {user["user_principal_name"]: (user["status"], user["cause"]) for user in result["users"]}
