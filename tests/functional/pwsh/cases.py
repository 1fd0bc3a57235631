# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of a test file: each is a made-up server with tasks, and one playbook runs the tasks of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playbook import Playbook
from pwsh_server import Server

# Sets a server up and plans its tasks. Each `yield` waits until what was planned has run.
Case = Callable[[Server], Iterator[None] | None]


class Cases:
    """Decorates the cases of a test file, which it keeps by their names."""

    def __init__(self) -> None:
        self._cases: dict[str, Case] = {}

    def __call__(self, case: Case) -> Case:
        return self.add(case.__name__, case)

    def add(self, name: str, case: Case) -> Case:
        assert name not in self._cases, name
        self._cases[name] = case
        return case

    def run(self, playbook: Playbook, make: Callable[[str], Server]) -> dict[str, Server]:
        """Run all cases, in as many playbooks as the longest case needs; return their servers by their names."""
        servers = {name: make(name) for name in self._cases}
        going = {name: case(servers[name]) for name, case in self._cases.items()}
        while going:
            going = {name: rounds for name, rounds in going.items() if rounds and _advance(rounds)}
            todo = [server for server in servers.values() if server.planned]
            if todo:
                playbook.run(todo)
        return servers


def _advance(rounds: Iterator[None]) -> bool:
    """Run a case up to its next `yield`; return whether it came to one."""
    return next(rounds, rounds) is not rounds
