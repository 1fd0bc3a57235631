# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed at ten counted points: the rerun ends right, nobody has two accounts, journal and passwords hold."""

from __future__ import annotations

import contextlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts import SUFFIX, unit
from outside import Directory, graph_options
from support.ldap_gate import LdapGate
from support.module_runs import ModuleRun, journal_lines, seeded

# Five parts of the journal, for four connections.
COUNT = 120
KILLS = 10
# Each run is killed within its first STEP writes: all through the writes of all runs.
STEP = COUNT // KILLS
# What becomes of the first write that a run is held at; or the run is killed while it writes others.
LOST, CARRIED_OUT, BUSY = "lost", "carried out", "busy"
WAYS = (LOST, CARRIED_OUT, BUSY)
pytestmark = pytest.mark.once


def records() -> list[dict[str, Any]]:
    return [
        {
            "user_principal_name": f"killed{number:03d}@{SUFFIX}",
            "display_name": "Same Name",
            "mail": f"killed{number:03d}@{SUFFIX}",
            "manager": f"killed{number // 10 * 10:03d}@{SUFFIX}" if number % 10 else None,
        }
        for number in range(COUNT)
    ]


class Runs:
    """Runs of the module, each a process of its own."""

    def __init__(
        self,
        lab: dict[str, Any],
        directory: Directory,
        gate: LdapGate,
        path: str,
        folder: Path,
        started: contextlib.ExitStack,
    ) -> None:
        self.directory, self.gate, self.path, self.folder = directory, gate, path, folder
        self.journal, self.passwords = folder / "killed" / "journal.jsonl", folder / "passwords"
        self.journal.parent.mkdir(mode=0o700)
        self.random = {"account_password": "random", "password_file": str(self.passwords), "password_hash_sync": False}
        self._started = started
        self._back = {**graph_options(lab), "run_folder": str(folder), "run": "killed"}
        self._options = {key: lab["ldap"][key] for key in ("server", "ca_cert", "username", "password")}
        self._options["port"] = gate.port

    def make(self) -> ModuleRun:
        return self._start("ad_user", users=records(), path=self.path, journal=str(self.journal), **self.random)

    def roll_back(self) -> ModuleRun:
        return self._start("rollback", **self._back)

    def _start(self, module: str, **options: Any) -> ModuleRun:
        arguments = {**self._options, **options, "_ansible_remote_tmp": str(self.folder)}
        return self._started.enter_context(ModuleRun(module, arguments))

    def make_and_kill(self, writes: int, way: str) -> None:
        """Kill a run at the write after so many."""
        self.gate.let_through(writes, then_carry_out=way == CARRIED_OUT)
        run = self.make()
        enough = writes // 2 if way == BUSY else None
        run.wait_until(
            lambda: self.gate.holding or (enough and self.gate.answered >= enough),
            f"{enough or writes} writes are answered",
        )
        run.kill()
        self.gate.forget()

    def finish(self, run: ModuleRun) -> dict[str, Any]:
        result = run.result()
        assert not result.get("failed"), result.get("msg")
        assert not result.get("verdict"), result["verdict"]
        return result

    def upns(self) -> list[str]:
        found = self.directory.search("(objectClass=user)", "userPrincipalName", base=self.path)
        return [entry["userprincipalname"][0].decode() for entry in found]

    def lines(self) -> list[dict[str, Any]]:
        """The journal's lines on accounts themselves."""
        return [line for line in journal_lines(self.journal) if line["attribute"] == "account"]


@pytest.fixture
def chance() -> random.Random:
    return seeded()


@pytest.fixture
def runs(lab: dict[str, Any], directory: Directory, tmp_path: Path) -> Iterator[Runs]:
    tls = Path(lab["ca_cert"]).parent
    directory.add_suffixes(SUFFIX)
    with (
        unit(directory, "Killed") as path,
        LdapGate(lab["ldap"], tls) as gate,
        contextlib.ExitStack() as started,
    ):
        yield Runs(lab, directory, gate, path, tmp_path, started)
    directory.clear_suffixes()


def test_killed_at_ten_points(runs: Runs, chance: random.Random) -> None:
    points = []
    for number in range(KILLS):
        # The first run is killed before its first write.
        runs.make_and_kill(chance.randrange(STEP) if number else 0, WAYS[number % len(WAYS)])
        there = runs.upns()
        assert {line["id"] for line in runs.lines()} >= set(there), "made without a line in the journal"
        points.append(len(there))
    assert points[0] == 0, points
    assert any(0 < point < COUNT for point in points), points

    there = runs.upns()
    result = runs.finish(runs.make())
    assert result["summary"]["created"] == COUNT - len(there)
    wanted = {record["user_principal_name"]: 1 for record in records()}
    assert Counter(runs.upns()) == wanted
    outcomes = Counter((line["id"], line["outcome"]) for line in runs.lines())
    assert {outcome for _upn, outcome in outcomes} <= {"written", "aborted"}
    assert {upn: count for (upn, outcome), count in outcomes.items() if outcome == "written"} == wanted

    managed = runs.directory.search("(manager=*)", "manager", base=runs.path)
    assert len(managed) == sum(record["manager"] is not None for record in records())
    kept = [json.loads(line) for line in runs.passwords.read_text("ascii").splitlines()]
    passwords = {line["user_principal_name"]: line["password"] for line in kept}
    twice = [name for name, count in Counter(line["user_principal_name"] for line in kept).items() if count > 1]
    signed_in = {*chance.sample(sorted(wanted), 5), *twice[:5]}
    for upn in signed_in:
        assert runs.directory.signs_in(upn, passwords[upn]), upn

    assert runs.finish(runs.make())["changed"] is False
    back = runs.finish(runs.roll_back())["summary"]
    assert (back["removed"], back["disabled"]) == (COUNT - len(signed_in), len(signed_in))
    assert set(runs.upns()) == signed_in
