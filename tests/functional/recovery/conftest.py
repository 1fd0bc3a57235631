# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulator for each test with 120 users, and the module as a process that can be killed."""

from __future__ import annotations

import contextlib
import random
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.entra_process import Emulator
from support.module_runs import ModuleRun, journal_lines, seeded
from support.polling import wait_until

# Six batches, of which four are in flight at once.
COUNT = 120
PROPERTY = "onPremisesImmutableId"


def records() -> list[dict[str, str]]:
    return [
        {"user_principal_name": f"user{number:03d}@contoso.com", "object_guid": str(uuid.UUID(int=number + 1))}
        for number in range(COUNT)
    ]


class Estate:
    """The tenant, the journal, and runs of the module against them."""

    def __init__(self, entra: Emulator, folder: Path, runs: contextlib.ExitStack) -> None:
        self.entra = entra
        self.folder = folder
        # The folder of runs, with the folder of one run, whose journal all tasks share.
        self.runs = folder / "runs"
        self.journal = self.runs / "recovery" / "journal.jsonl"
        self.journal.parent.mkdir(parents=True)
        self.runs.chmod(0o700)
        self._runs = runs
        self._options = entra.options()

    def reset(self) -> None:
        """COUNT users without a value, nothing held, no journal."""
        self.entra.control("POST", "reset")
        names = [record["user_principal_name"] for record in records()]
        self.entra.control("POST", "users", [{"userPrincipalName": name, "displayName": name} for name in names])
        self.journal.unlink(missing_ok=True)
        for other in self.runs.iterdir():
            if other != self.journal.parent:
                shutil.rmtree(other)

    def start(self, check_mode: bool = False, **options: Any) -> ModuleRun:
        """Start a run, which ends with the test at the latest."""
        arguments = {
            **self._options,
            "journal": str(self.journal),
            **options,
            "_ansible_check_mode": check_mode,
            "_ansible_diff": True,
            "_ansible_remote_tmp": str(self.folder),
        }
        return self._runs.enter_context(ModuleRun("entra_immutable_id", arguments))

    def roll_back(self, check_mode: bool = False) -> dict[str, Any]:
        """Roll back all that the journal says, and return the result, which has no verdict."""
        arguments = {
            **self._options,
            "run_folder": str(self.runs),
            "run": self.journal.parent.name,
            "_ansible_check_mode": check_mode,
            "_ansible_remote_tmp": str(self.folder),
        }
        result = self._runs.enter_context(ModuleRun("rollback", arguments)).result()
        assert result.get("verdict") == "", result
        return result

    def run(self, **options: Any) -> dict[str, Any]:
        """The result of a run that must succeed."""
        result = self.start(**options).result()
        assert not result.get("failed"), result.get("msg")
        return result

    def hold(self, **fault: Any) -> None:
        """Have the emulator hold each request that matches, and each item of a batch."""
        self.entra.settings(faults=[{"hold": True, "count": 1_000_000, **fault}])

    def holding(self) -> int:
        return int(self.entra.control("GET", "held")["requests"])

    def answered(self) -> int:
        """How many requests and items of batches were answered."""
        return sum(self.entra.control("GET", "counters")["answers"].values())

    def let_go(self, **fault: Any) -> None:
        """Release what is held, and return when nothing is under way any more. A fault acts on the rest of a batch."""
        self.entra.settings(faults=[{"count": 1_000_000, **fault}] if fault else [])
        wait_until(self._is_quiet, "no request is under way")
        self.entra.settings(faults=[])

    def _is_quiet(self) -> bool:
        # Again and again: a batch can be held after one of its items was.
        self.entra.control("POST", "release")
        # What had arrived by the first look is under way by the second one.
        looks = [self.entra.control("GET", "held")["underWay"] for _look in range(2)]
        return looks == [0, 0]

    def dump(self) -> Any:
        return self.entra.control("GET", "dump")

    def held(self) -> dict[str, str]:
        """The ImmutableIds of the users who have one, by object id."""
        return {
            user["id"]: user[PROPERTY]
            for user in self.dump()["user"]
            if user["userPrincipalName"].startswith("user") and user.get(PROPERTY)
        }

    def lines(self) -> list[dict[str, Any]]:
        return journal_lines(self.journal)

    def written(self) -> dict[str, list[str]]:
        """The values that the journal says were written, by object id."""
        values: dict[str, list[str]] = {}
        for line in self.lines():
            if line["outcome"] == "written":
                values.setdefault(line["id"], []).append(line["after"])
        return values


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    entra = Emulator(tmp_path)
    with contextlib.ExitStack() as runs:
        # The last to go: a run that still waits for the emulator is killed before.
        entra.start()
        runs.callback(entra.stop, kill=True)
        found = Estate(entra, tmp_path, runs)
        found.reset()
        yield found


@pytest.fixture
def chance() -> random.Random:
    return seeded()
