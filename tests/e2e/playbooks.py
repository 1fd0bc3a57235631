# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-playbook as a person does, and get its results as data."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass
class Run:
    """What one ansible-playbook run printed and gave.

    ``results`` by the name that a task registered. ``folders``: those that it made in ``hybrid_identity_run_folder``.
    """

    code: int
    output: str
    results: dict[str, Any] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The folder of the one run that made files."""
        assert len(self.folders) == 1, f"{self.folders} in:\n{self.output}"
        return self.folders[0]

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    def header(self, kind: str = "result") -> dict[str, Any]:
        """The first line of the plan or the result of a hard match."""
        return dict(self.lines(kind)[0])

    def users(self, kind: str = "result") -> dict[str, dict[str, Any]]:
        """The AD users in the plan or the result of a hard match, by UPN."""
        records = self.lines(kind)[1:-1]
        return {record["ad"]["user_principal_name"]: record for record in records if record["ad"]}

    def changes(self) -> dict[str, dict[str, Any]]:
        """What became of the AD users of a hard match, by UPN."""
        return {name: user["change"] for name, user in self.users().items()}

    def accounts(self, kind: str = "result") -> dict[str, Any]:
        """The plan or the result of the role accounts: ``summary`` and ``users``."""
        header, *records, _end = self.lines(kind, "accounts")
        users = [{**record["ad"], **record["change"]} for record in records]
        return {"summary": header["facts"]["summary"], "users": users}

    def lines(self, kind: str, stage: str = "hard_match") -> list[dict[str, Any]]:
        """All lines of the plan or the result of a stage."""
        lines = [json.loads(line) for line in (self.folder / f"{stage}-{kind}.jsonl").read_text("utf-8").splitlines()]
        assert lines[-1] == {"end": {"count": len(lines) - 2}}
        return lines

    def hand_over(self, folder: Path, stage: str = "hard_match") -> dict[str, str]:
        """Copy the plan of a stage, as artifacts are passed on, and return the variables that name it with its hash."""
        path = folder / f"{stage}-plan.jsonl"
        shutil.copyfile(self.folder / path.name, path)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return {f"{stage}_reviewed_plan": str(path), f"{stage}_reviewed_plan_sha256": sha256}

    @property
    def failure(self) -> str:
        """What the run printed from the first task on that failed; all of it if none did."""
        failed = re.search(r"^(\[ERROR\]|fatal|failed|ERROR)", self.output, re.MULTILINE)
        return self.output[failed.start() :] if failed else self.output

    @property
    def message(self) -> str:
        """The message of the one task that failed."""
        found = {result["msg"] for result in self.results.values() if isinstance(result, dict) and result.get("failed")}
        assert len(found) == 1, f"{len(found)} failed tasks in:\n{self.output}"
        return str(found.pop())

    def recap(self, host: str = "localhost") -> dict[str, int]:
        """The counts of the recap line."""
        line = re.findall(rf"^{host} +: (.*)$", self.output, re.MULTILINE)[-1]
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}


def kill(process: subprocess.Popen[str]) -> None:
    """End a playbook as an outage does: the program and all that it started, at once."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may hold blanks.
            parents[int(stat.parent.name)] = int(stat.read_text("utf-8").rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = [process.pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    for member in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    process.wait(timeout=60)


class Ansible:
    """ansible-playbook of the Python that runs the tests, over an inventory of the lab, with environment variables.

    `interpreter` runs the modules; by default, that of the inventory.
    """

    def __init__(
        self,
        inventory: Path,
        folder: Path,
        settings: dict[str, str] | None = None,
        interpreter: str | None = None,
    ) -> None:
        self.inventory = inventory
        self.settings = settings or {}
        self.interpreter = interpreter
        self.folder = folder
        self.runs = folder / "runs"
        self.runs.mkdir(0o700, exist_ok=True)
        self.program = shutil.which("ansible-playbook", path=str(Path(sys.executable).parent)) or "ansible-playbook"

    def playbook(
        self,
        name: str,
        *arguments: str,
        environment: dict[str, str] | None = None,
        variables: dict[str, Any] | None = None,
    ) -> Run:
        """Run a playbook by its path or its full name."""
        before = self._folders()
        with self.start(name, *arguments, environment=environment, variables=variables) as process:
            try:
                output, errors = process.communicate(timeout=600)
            except BaseException:
                kill(process)
                raise
        return Run(process.returncode, output + errors, folders=sorted(self._folders() - before))

    def _folders(self) -> set[Path]:
        """The folders of the runs so far. The lock is a file."""
        return {path for path in self.runs.iterdir() if path.is_dir()}

    def start(
        self,
        name: str,
        *arguments: str,
        environment: dict[str, str] | None = None,
        variables: dict[str, Any] | None = None,
    ) -> subprocess.Popen[str]:
        """Start a playbook and return at once."""
        folder = f"hybrid_identity_run_folder={self.runs}"
        command = [self.program, "--inventory", str(self.inventory), "--extra-vars", folder, name, *arguments]
        if self.interpreter:
            command += ["--extra-vars", f"ansible_python_interpreter={self.interpreter}"]
        if variables:
            # By a file: a list of a thousand users does not fit into an argument.
            (self.folder / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
            command += ["--extra-vars", f"@{self.folder / 'variables.json'}"]
        environment = {
            **os.environ,
            "ANSIBLE_NOCOWS": "1",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            **self.settings,
            **(environment or {}),
        }
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )

    def tasks(
        self, tasks: list[dict[str, Any]], *arguments: str, variables: dict[str, Any] | None = None, **options: Any
    ) -> Run:
        """Run tasks on localhost; each one that registers something has its result in ``results``, failed ones too."""
        registered = [task["register"] for task in tasks if "register" in task]
        results = self.folder / "results.json"
        results.unlink(missing_ok=True)
        write = {
            "name": "Keep the results",
            "ansible.builtin.copy": {
                "dest": str(results),
                "mode": "0600",
                "content": (
                    "{% set kept = {} %}{% for name in names %}"
                    "{% set _ = kept.update({name: lookup('ansible.builtin.vars', name, default=none)}) %}"
                    "{% endfor %}{{ kept | to_json }}"
                ),
            },
            "vars": {"names": registered},
            "check_mode": False,
            "diff": False,
            "no_log": True,
        }
        play = {
            "name": "Test",
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            **options,
            "tasks": [{"name": "Do", "block": tasks, "always": [write]}],
        }
        path = self.folder / "test.yml"
        path.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
        run = self.playbook(str(path), *arguments, variables=variables)
        if results.exists():
            run.results = json.loads(results.read_text(encoding="utf-8"))
        return run
