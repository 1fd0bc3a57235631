# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulator with 500 users, and the module as Ansible runs it: a process that can be killed."""

from __future__ import annotations

import random
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.entra_process import Emulator
from support.module_runs import finish, journal_lines, seeded, start

COUNT = 500
PROPERTY = "onPremisesImmutableId"


def records() -> list[dict[str, str]]:
    return [
        {"user_principal_name": f"user{number:03d}@contoso.com", "object_guid": str(uuid.UUID(int=number + 1))}
        for number in range(COUNT)
    ]


class Estate:
    """The tenant, the journal, and runs of the module against them."""

    def __init__(self, entra: Emulator, folder: Path) -> None:
        self.entra = entra
        self.folder = folder
        self.journal = folder / "journal"
        self._options = entra.options()

    def start(self, check_mode: bool = False, **options: Any) -> subprocess.Popen[str]:
        arguments = {
            **self._options,
            "journal": str(self.journal),
            **options,
            "_ansible_check_mode": check_mode,
            "_ansible_diff": True,
            "_ansible_remote_tmp": str(self.folder),
        }
        return start("entra_immutable_id", arguments)

    def run(self, **options: Any) -> dict[str, Any]:
        """The result of a run that must succeed."""
        result = finish(self.start(**options))
        assert not result.get("failed"), result.get("msg")
        return result

    def dump(self) -> Any:
        return self.entra.control("GET", "dump")

    def held(self) -> dict[str, str]:
        """The ImmutableIds of the 500 users who have one, by object id."""
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


@pytest.fixture(scope="module")
def entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    server = Emulator(tmp_path_factory.mktemp("entra")).start()
    yield server
    server.stop()


@pytest.fixture
def estate(entra: Emulator, tmp_path: Path) -> Estate:
    reset(entra)
    return Estate(entra, tmp_path)


def reset(entra: Emulator) -> None:
    """500 users without a value, and answers slow enough for a run to be met in its middle."""
    entra.control("POST", "reset")
    names = [record["user_principal_name"] for record in records()]
    entra.control("POST", "users", [{"userPrincipalName": name, "displayName": name} for name in names])
    entra.settings(faults=[{"method": "POST", "path": r"\$batch", "latency": 0.05, "count": 1_000_000}])


@pytest.fixture
def chance() -> random.Random:
    return seeded()
