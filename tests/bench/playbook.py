# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays, as a person writes them, run by ansible-playbook and measured."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.playbook import ansible_playbook

from .processes import Run, measured
from .site import BASE, Site

HERE = Path(__file__).resolve().parent
TIMEOUT = 3600.0
MODULES = ("match_plan", "match_apply")
"""Those of the role, in order."""


@dataclass(frozen=True)
class Task:
    """A task that ran: its action and its seconds, of Ansible's own around it too."""

    action: str
    seconds: float


@dataclass(frozen=True)
class Collection:
    """Another revision of the collection.

    ``folder``: for ANSIBLE_COLLECTIONS_PATH. ``variables``: a YAML file with the variables of its role, in which
    ``bench_search_base`` and ``bench_folder`` are known; None if they are those of the working tree.
    """

    folder: Path
    variables: Path | None


class Playbooks:
    """Runs plays against a site, in a folder of their own."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._site = site
        self._folder = folder
        self._notes = folder / "tasks.json"
        run_folder = folder / "runs"
        run_folder.mkdir()
        self._run_folder = {"hybrid_identity_run_folder": str(run_folder)}
        self._variables = {
            "hybrid_identity_scope": {"search_base": BASE},
            "hybrid_identity_max_changes": "100%",
            "hybrid_identity_connect_host": "",
            **self._run_folder,
        }

    def hard_match(self, keep: Path | None = None, other: Collection | None = None) -> tuple[Run, list[Task]]:
        """Run the role over the plain users.

        ``keep``: change nothing, and leave what each module returned there. ``other``: take this revision's role.
        """
        play: dict[str, Any] = {"roles": [{"role": "hybrid.identity.hard_match"}], "vars": self._variables}
        if keep is not None:
            return self.run(play, {"BENCH_KEEP": str(keep)}, "--check")
        if other is None:
            return self.run(play)
        if other.variables:
            known = {"bench_search_base": BASE, "bench_folder": str(self._folder)}
            play |= {"vars": known, "vars_files": [str(other.variables.resolve())]}
        paths = [str(other.folder), os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")]
        return self.run(play, {"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(filter(None, paths))})

    def same_shape(self, answers: Path) -> tuple[Run, list[Task]]:
        """What Ansible itself costs: the same tasks, with modules that do nothing and return what ``answers`` holds."""
        variables = {"same_shape_answers": str(answers), **self._run_folder}
        return self.run({"roles": [{"role": str(HERE / "roles" / "same_shape"), "vars": variables}]})

    def run(
        self, play: dict[str, Any], environment: dict[str, str] | None = None, *arguments: str
    ) -> tuple[Run, list[Task]]:
        """Run a play on localhost. Raises ProgramFailed."""
        book = self._folder / "play.yml"
        whole = {"name": "Measure", "hosts": "localhost", "connection": "local", "gather_facts": False, **play}
        book.write_text(json.dumps([whole]), encoding="utf-8")  # JSON is YAML
        settings = {
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "bench_tasks",
            "ANSIBLE_NOCOWS": "1",
            "BENCH_TASKS": str(self._notes),
            **(environment or {}),
        }
        command = [ansible_playbook(), "--inventory", str(self._site.state / "inventory.yml"), *arguments, str(book)]
        run = measured(command, settings, self._folder, self._site.servers(), TIMEOUT)
        tasks = json.loads(self._notes.read_text("utf-8"))
        return run, [Task(task["action"].rpartition(".")[2], task["seconds"]) for task in tasks]
