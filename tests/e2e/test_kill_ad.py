# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at counted writes while it stamps AD users: the next run ends it, and a rollback leaves AD as it was."""

from __future__ import annotations

import base64
import contextlib
import random
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts import bulk_users
from outside import Directory, graph_options
from outside import run as run_program
from support.ldap_gate import LdapGate
from support.module_runs import ModuleRun, journal_lines, seeded

# More than the 100 changes that are journaled together.
COUNT = 150
KILLS = 4
NAMES = [f"user{number:06d}" for number in range(1, COUNT + 1)]
ATTRIBUTE = "mS-DS-ConsistencyGuid"
# The id by which replPropertyMetaData calls the attribute 1.2.840.113556.1.4.1360.
VERSION = re.compile(r"attid *: \S+ \(0x90550\)\s+version *: 0x(\w+)")
pytestmark = pytest.mark.once


def cloud_value(number: int) -> str:
    return base64.b64encode(uuid.UUID(int=(0xC10D << 64) + number).bytes_le).decode()


def old_value(number: int) -> str | None:
    """Every third user holds another value before."""
    return base64.b64encode(uuid.UUID(int=(0x01D << 64) + number).bytes_le).decode() if number % 3 == 0 else None


class Estate:
    """The users as ldapsearch and ldbsearch see them."""

    def __init__(self, directory: Directory, state: Path) -> None:
        self._directory = directory
        self._home = state / "dc"

    def values(self) -> dict[str, str | None]:
        """What each user holds in base64, by sAMAccountName."""
        found = self._directory.search("(sAMAccountName=user0*)", "sAMAccountName", ATTRIBUTE)
        held = {entry["samaccountname"][0].decode(): entry.get(ATTRIBUTE.lower()) for entry in found}
        return {name: base64.b64encode(values[0]).decode() if values else None for name, values in held.items()}

    def versions(self) -> dict[str, int]:
        """How often the attribute of each user was written, as the directory counts for its own replication."""
        sam, settings = self._home / "private" / "sam.ldb", self._home / "etc" / "smb.conf"
        where = ["-H", str(sam), f"--configfile={settings}", "--show-binary", "(sAMAccountName=user0*)"]
        counts = {}
        for record in run_program(["ldbsearch", *where, "sAMAccountName", "replPropertyMetaData"]).split("# record "):
            name = re.search(r"^sAMAccountName: (.*)$", record, re.MULTILINE)
            version = VERSION.search(record)
            if name:
                counts[name[1]] = int(version[1], 16) if version else 0
        return counts


@pytest.fixture
def estate(state: Path, directory: Directory) -> Iterator[Estate]:
    olds = ((name, old_value(number)) for number, name in enumerate(NAMES, start=1))
    with bulk_users(state, directory, COUNT):
        directory.modify(
            "\n".join(
                f"dn: CN={name},OU=Bulk,{directory.base}\nchangetype: modify\nadd: {ATTRIBUTE}\n{ATTRIBUTE}:: {old}\n"
                for name, old in olds
                if old
            )
        )
        yield Estate(directory, state)


class Runs:
    """Runs of the module with a journal, which end with the test at the latest."""

    def __init__(self, lab: dict[str, Any], gate: LdapGate, folder: Path, started: contextlib.ExitStack) -> None:
        self.journal = folder / "stamps" / "journal.jsonl"
        self.journal.parent.mkdir(mode=0o700)
        self._gate = gate
        self._started = started
        self._arguments = {
            **{key: lab["ldap"][key] for key in ("server", "ca_cert", "username", "password")},
            "port": gate.port,
            "_ansible_remote_tmp": str(folder),
        }
        self._back = {**graph_options(lab), "run_folder": str(folder), "run": "stamps"}

    def stamp(self, **options: Any) -> ModuleRun:
        return self._start("ad_user_guid", **options, stamp=True, replace=True, journal=str(self.journal))

    def roll_back(self) -> ModuleRun:
        return self._start("rollback", **self._back)

    def _start(self, module: str, **options: Any) -> ModuleRun:
        return self._started.enter_context(ModuleRun(module, {**self._arguments, **options}))

    def finish(self, run: ModuleRun) -> dict[str, Any]:
        """The result of a run that must succeed."""
        result = run.result()
        assert not result.get("failed"), result.get("msg")
        assert not result.get("verdict"), result["verdict"]
        return result

    def kill(self, writes: int, carried_out: bool, start: Callable[[], ModuleRun]) -> None:
        """Start a run, and kill it at the write after so many, which is carried out or lost."""
        self._gate.let_through(writes, then_carry_out=carried_out)
        run = start()
        run.wait_until(lambda: self._gate.holding, f"{writes} writes are answered and one is held")
        run.kill()
        self._gate.forget()


@pytest.fixture
def runs(lab: dict[str, Any], tmp_path: Path) -> Iterator[Runs]:
    with LdapGate(lab["ldap"], Path(lab["ca_cert"]).parent) as gate, contextlib.ExitStack() as started:
        yield Runs(lab, gate, tmp_path, started)


@pytest.fixture
def chance() -> random.Random:
    return seeded()


def test_killed_runs_are_ended_by_the_next_and_taken_back(estate: Estate, runs: Runs, chance: random.Random) -> None:
    clouds = [
        {"user_principal_name": f"{name}@contoso.com", "immutable_id": cloud_value(number)}
        for number, name in enumerate(NAMES, start=1)
    ]
    chance.shuffle(clouds)

    def stamp() -> ModuleRun:
        return runs.stamp(users=clouds)

    before, versions = estate.values(), estate.versions()
    assert before == {name: old_value(number) for number, name in enumerate(NAMES, start=1)}

    for number in range(KILLS):
        runs.kill(chance.randrange(COUNT // (KILLS + 1)), carried_out=number % 2 == 0, start=stamp)
        assert {user for user, count in _written(runs.journal).items() if count > 1} == set()
    done = runs.finish(stamp())
    assert 0 < done["summary"]["stamped"] < COUNT
    assert estate.values() == {name: cloud_value(number) for number, name in enumerate(NAMES, start=1)}
    _accounts_for_all(runs.journal, estate, versions, 1)

    runs.kill(chance.randrange(COUNT // 2), carried_out=chance.random() < 0.5, start=runs.roll_back)
    runs.finish(runs.roll_back())
    assert estate.values() == before
    _accounts_for_all(runs.journal, estate, versions, 2)
    assert runs.finish(runs.roll_back())["changed"] is False
    assert estate.values() == before


def _accounts_for_all(journal: Path, estate: Estate, versions: dict[str, int], each: int) -> None:
    """The journal has each write once. Each value was written ``each`` times, as the directory counts."""
    lines = journal_lines(journal)
    assert {line["outcome"] for line in lines} <= {"written", "aborted"}
    assert _written(journal) == dict.fromkeys(NAMES, 1)
    # Taking a value away and adding another is one request, which Samba counts as two changes.
    counted = {name: each * (2 if old_value(number) else 1) for number, name in enumerate(NAMES, start=1)}
    assert {name: now - versions[name] for name, now in estate.versions().items()} == counted


def _written(journal: Path) -> Counter[str]:
    lines = journal_lines(journal)
    return Counter(line["user_principal_name"].partition("@")[0] for line in lines if line["outcome"] == "written")
