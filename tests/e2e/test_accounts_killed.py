# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed at ten random points: the rerun ends right, nobody has two accounts, journal and passwords hold."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts import SUFFIX, unit
from outside import Directory
from support.module_runs import finish, journal_lines, seeded, start

COUNT = 300
KILLS = 10
# The accounts that are there when each run after the first is killed, roughly: all through the writes.
STEP = COUNT // KILLS
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

    def __init__(self, lab: dict[str, Any], directory: Directory, path: str, folder: Path) -> None:
        self.directory, self.path, self.folder = directory, path, folder
        self.journal, self.passwords = folder / "journal", folder / "passwords"
        self._options = {key: lab["ldap"][key] for key in ("server", "port", "ca_cert", "username", "password")}

    def start(self, **options: Any) -> subprocess.Popen[str]:
        arguments = {**self._options, "journal": str(self.journal), **options, "_ansible_remote_tmp": str(self.folder)}
        return start("ad_user", arguments)

    def make(self) -> subprocess.Popen[str]:
        return self.start(users=records(), path=self.path, password_file=str(self.passwords))

    def finish(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        result = finish(process)
        assert not result.get("failed"), result.get("msg")
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
    with unit(directory, "Killed") as path:
        yield Runs(lab, directory, path, tmp_path)


def test_killed_at_ten_points(runs: Runs, chance: random.Random) -> None:
    points = []
    for number in range(KILLS):
        process = runs.make()
        if number:
            enough = STEP * (number - 1) + chance.randrange(1, STEP)
            while len(runs.upns()) < enough and process.poll() is None:
                time.sleep(0.02)
        time.sleep(chance.random() * 0.5)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        there = await_quiet(runs)
        assert {line["id"] for line in runs.lines()} >= set(there), "made without a line in the journal"
        points.append(len(there))
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
    for upn in chance.sample(sorted(wanted), 5) + twice[:5]:
        assert runs.directory.signs_in(upn, passwords[upn]), upn

    assert runs.finish(runs.make())["changed"] is False
    assert runs.finish(runs.start(rollback="all"))["summary"]["removed"] == COUNT
    assert runs.upns() == []


def await_quiet(runs: Runs) -> list[str]:
    """A request that was on its way when its sender died is still carried out."""
    seen: list[str] | None = None
    while (now := runs.upns()) != seen:
        seen = now
        time.sleep(0.3)
    return now
