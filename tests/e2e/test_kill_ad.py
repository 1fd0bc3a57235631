# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at random moments while it stamps AD users: the next run ends it, and a rollback leaves AD as it was."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from outside import Directory
from outside import run as run_program
from support.module_runs import seeded

from playbooks import Ansible

COUNT = 300
KILLS = 4
NAMES = [f"user{number:06d}" for number in range(1, COUNT + 1)]
ATTRIBUTE = "mS-DS-ConsistencyGuid"
# The id by which replPropertyMetaData calls the attribute 1.2.840.113556.1.4.1360.
VERSION = re.compile(r"attid *: \S+ \(0x90550\)\s+version *: 0x(\w+)")
DEFAULTS = {"module_defaults": {"group/hybrid.identity.ad": "{{ hybrid_identity_ad }}"}}
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
    tests = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "lab.dc.directory", str(state), "--users", str(COUNT)]
    subprocess.run(command, cwd=tests, check=True, timeout=300, capture_output=True, env={**os.environ})
    olds = ((name, old_value(number)) for number, name in enumerate(NAMES, start=1))
    directory.modify(
        "\n".join(
            f"dn: CN={name},OU=Bulk,{directory.base}\nchangetype: modify\nadd: {ATTRIBUTE}\n{ATTRIBUTE}:: {old}\n"
            for name, old in olds
            if old
        )
    )
    yield Estate(directory, state)
    directory.delete_tree("OU=Bulk")


class Killer:
    """Runs of ansible-playbook that end with SIGKILL for it and all that it started."""

    def __init__(self, ansible: Ansible, journal: Path, chance: random.Random) -> None:
        self._ansible = ansible
        self._journal = journal
        self._chance = chance

    def kill(self, task: dict[str, Any], most: int) -> int:
        """Start a task, and kill it once it has made up to ``most`` changes; return how many those were at least."""
        play = {"name": "Test", "hosts": "localhost", "connection": "local", "gather_facts": False, **DEFAULTS}
        path = self._ansible.folder / "killed.yml"
        path.write_text(yaml.safe_dump([{**play, "tasks": [task]}]), encoding="utf-8")
        begun, done = self._count(b""), self._count(b'"written"}')
        target = self._chance.randrange(most)
        command = [self._ansible.program, "--inventory", str(self._ansible.state / "inventory.yml"), str(path)]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while self._count(b"") == begun or self._count(b'"written"}') < done + target:
            assert process.poll() is None, "it ended by itself"
            time.sleep(0.001)
        time.sleep(self._chance.random() * 0.005)
        victims = _family(process.pid)
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        process.wait()
        while any(Path(f"/proc/{victim}").exists() and not _is_zombie(victim) for victim in victims):
            time.sleep(0.01)
        return target

    def _count(self, ending: bytes) -> int:
        content = self._journal.read_bytes() if self._journal.exists() else b""
        return content.count(ending + b"\n")


def _family(root: int) -> list[int]:
    """A process and all that it started, the youngest first."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = [root]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family[::-1]


def _is_zombie(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def test_killed_runs_are_ended_by_the_next_and_taken_back(estate: Estate, ansible: Ansible, tmp_path: Path) -> None:
    chance = seeded()
    journal = tmp_path / "journal"
    killer = Killer(ansible, journal, chance)
    clouds = [
        {"user_principal_name": f"{name}@contoso.com", "immutable_id": cloud_value(number)}
        for number, name in enumerate(NAMES, start=1)
    ]
    chance.shuffle(clouds)
    common = {"journal": str(journal)}
    stamp = {
        "name": "Stamp",
        "hybrid.identity.ad_user_guid": {"users": clouds, "stamp": True, "replace": True, **common},
    }
    undo = {"name": "Undo", "hybrid.identity.ad_user_guid": {"rollback": "all", **common}}
    before, versions = estate.values(), estate.versions()
    assert before == {name: old_value(number) for number, name in enumerate(NAMES, start=1)}

    for _number in range(KILLS):
        killer.kill(stamp, COUNT // (KILLS + 1))
        assert {user for user, count in _written(journal).items() if count > 1} == set()
    done = ansible.tasks([{**stamp, "register": "result"}], **DEFAULTS)
    assert done.code == 0, done.output
    assert 0 < done.results["result"]["summary"]["stamped"] < COUNT
    assert estate.values() == {name: cloud_value(number) for number, name in enumerate(NAMES, start=1)}
    _accounts_for_all(journal, estate, versions, 1)

    killer.kill(undo, COUNT // 2)
    back = ansible.tasks([{**undo, "register": "result"}], **DEFAULTS)
    assert back.code == 0, back.output
    assert estate.values() == before
    _accounts_for_all(journal, estate, versions, 2)
    again = ansible.tasks([{**undo, "register": "result"}], **DEFAULTS)
    assert (again.code, again.results["result"]["changed"]) == (0, False), again.output
    assert estate.values() == before


def _accounts_for_all(journal: Path, estate: Estate, versions: dict[str, int], each: int) -> None:
    """The journal has each write once, and neither more nor fewer than the directory counts; nothing is left open."""
    lines = [json.loads(line) for line in journal.read_text("ascii").splitlines()]
    assert {line["outcome"] for line in lines} <= {"written", "aborted"}
    assert _written(journal) == dict.fromkeys(NAMES, each)
    # Taking a value away and adding another is one request, which Samba counts as two changes.
    counted = {name: each * (2 if old_value(number) else 1) for number, name in enumerate(NAMES, start=1)}
    assert {name: now - versions[name] for name, now in estate.versions().items()} == counted


def _written(journal: Path) -> Counter[str]:
    lines = [json.loads(line) for line in journal.read_text("ascii").splitlines() if line.endswith('"}')]
    return Counter(line["user_principal_name"].partition("@")[0] for line in lines if line["outcome"] == "written")
