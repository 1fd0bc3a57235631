# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An estate: both directories, and the modules that plan and apply a hard match between them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from forest_script import DOMAIN, PASSWORD, USER, guid
from live_directory import LiveDirectory
from live_graph import LiveGraph
from scripted_graph import CLIENT_ID, SECRET, TENANT, TOKEN, object_id
from support.module_answers import read_answer
from support.module_runs import journal_lines

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import (
    PENDING,
    WRITTEN,
    JournalEntry,
    encode,
)
from ansible_collections.hybrid.identity.plugins.modules import match_apply, match_plan, preconditions_info, rollback

STAFF = f"OU=Staff,{DOMAIN}"
NAMES = ("anna", "bob", "carl")
IDS = {name: object_id(number) for number, name in enumerate(NAMES, start=1)}
VALUES = {name: immutable_id_of_guid(guid(number)) for number, name in enumerate(NAMES, start=1)}
"""The ImmutableIds that the objectGUIDs of the accounts make."""


def upn(name: str) -> str:
    return f"{name}@contoso.com"


@dataclass
class Estate:
    directory: LiveDirectory
    graph: LiveGraph
    authority: Path
    folder: Path
    give_arguments: Callable[[dict[str, Any]], None]
    capfd: pytest.CaptureFixture[str]
    shown: list[str] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    def plan(self, **options: Any) -> dict[str, Any]:
        """Run match_plan for all users of the domain, or with other options."""
        given = {"scope": {"all": True}, "plan_file": str(self.folder / "plan.jsonl"), **options}
        return self._run(match_plan, given)

    def apply(self, plan: dict[str, Any], check: bool = False, **options: Any) -> dict[str, Any]:
        """Run match_apply with what match_plan returned, or with other options."""
        given = {
            "plan_file": plan["plan_file"],
            "plan_sha256": plan["plan_sha256"],
            "result_file": str(self.folder / "result.jsonl"),
            "journal": str(self.journal),
            **options,
        }
        return self._run(match_apply, given, check)

    def examine(self, **options: Any) -> dict[str, Any]:
        """Run preconditions_info for all users of the domain, or with other options."""
        return self._run(preconditions_info, {"scope": {"all": True}, "run_folder": str(self.folder), **options})

    def match(self, run: str, **options: Any) -> dict[str, Any]:
        """Match all users in a run with its own folder, and return what match_apply did."""
        self._make_folder(run)
        plan = self.plan(**options)
        assert plan["verdict"] == "", plan
        return self.apply(plan, run=run, journal=str(self.journal_of(run)))

    def roll_back(self, run: str = "last", check: bool = False, **options: Any) -> dict[str, Any]:
        """Run the module rollback."""
        return self._run(rollback, {"run_folder": str(self.folder), "run": run, **options}, check)

    def write_journal(self, run: str, *entries: JournalEntry, outcome: str = WRITTEN) -> Path:
        """Write the journal of a run that ended, or with PENDING of one that was killed."""
        self._make_folder(run)
        path = self.journal_of(run)
        path.touch(0o600)
        lines = b"".join(encode(run, (), entries))
        path.write_bytes(path.read_bytes() + lines.replace(PENDING.encode(), outcome.encode()))
        return path

    def journal_of(self, run: str) -> Path:
        return self.folder / run / "journal.jsonl"

    def runs(self) -> list[str]:
        """Return the names of the runs that have a folder, sorted."""
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir())

    def _make_folder(self, run: str) -> None:
        (self.folder / run).mkdir(0o700, exist_ok=True)

    def rewrite_plan(self, change: Callable[[dict[str, Any]], dict[str, Any]], source: str = "plan") -> dict[str, Any]:
        """Write the plan once more with another header, as a run elsewhere would, and return its path and hash."""
        header, *records = self.lines(source)
        path = self.folder / "plan.jsonl"
        content = "".join(f"{json.dumps(line)}\n" for line in (change(header), *records)).encode()
        path.write_bytes(content)
        return {"plan_file": str(path), "plan_sha256": hashlib.sha256(content).hexdigest()}

    def reviewed(
        self, alter: Callable[[list[Any]], None] = lambda _lines: None, source: str = "plan"
    ) -> dict[str, Any]:
        """Keep a plan as the reviewed one, its lines altered, and return the options that name it with its hash."""
        lines = self.lines(source)
        alter(lines)
        path = self.folder / "reviewed.jsonl"
        path.touch(0o600)
        as_written = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines]
        path.write_text("".join(f"{line}\n" for line in as_written), "utf-8")
        return {
            "reviewed_plan": str(path),
            "reviewed_plan_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }

    def users(self, file: str = "result") -> dict[str, dict[str, Any]]:
        """Return the records of the AD users in a file of the estate, by the first part of their UPN."""
        _header, *records, _end = self.lines(file)
        return {str(each["ad"]["user_principal_name"]).partition("@")[0]: each for each in records if each["ad"]}

    def changes(self, file: str = "result") -> dict[str, tuple[str, str | None]]:
        """Return status and cause of each AD user in a file of the estate."""
        return {name: (each["change"]["status"], each["change"]["cause"]) for name, each in self.users(file).items()}

    def outcomes(self) -> dict[str, tuple[str, str | None]]:
        """Return outcome and cause that were predicted for each AD user of the plan."""
        return {name: (each["match"]["outcome"], each["match"]["cause"]) for name, each in self.users("plan").items()}

    def lines(self, file: str) -> list[dict[str, Any]]:
        path = self.folder / f"{file}.jsonl"
        if path == self.journal:
            return journal_lines(path)
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def values(self) -> dict[str, str | None]:
        """Return the ImmutableId of each cloud user."""
        return {name: self.graph.value_of(key) for name, key in IDS.items() if key in self.graph.users}

    def options(self) -> dict[str, Any]:
        """Return the connection options of both directories."""
        return {
            "server": [self.directory.address],
            "port": self.directory.port,
            "ca_cert": str(self.authority),
            "username": USER,
            "password": PASSWORD,
            "connection_timeout": 60,
            "tenant": TENANT,
            "client_id": CLIENT_ID,
            "secret": SECRET,
            "authority": self.graph.url,
            "graph_url": self.graph.url,
            "graph_ca_cert": str(self.authority),
            "disable_instance_discovery": True,
            "timeout": 300,  # no test waits for it, and no machine is too slow for it
        }

    def _run(self, module: ModuleType, given: dict[str, Any], check: bool = False) -> dict[str, Any]:
        internal = {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": "/tmp"}
        self.give_arguments({**self.options(), **given, **internal})
        with pytest.raises(SystemExit):
            module.main()
        written = self.capfd.readouterr()
        result, shown = read_answer(written.err + written.out)
        self.shown.append(shown)
        assert not any(secret in shown for secret in (PASSWORD, SECRET, TOKEN))
        return result
