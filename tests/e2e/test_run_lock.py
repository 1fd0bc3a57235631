# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two playbooks with one run folder: the second one is refused while the first one writes, and not afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from outside import Control
from support.polling import wait_until

from playbooks import Ansible, kill

ANNA, CLARA = "anna.berg@contoso.com", "clara.vogel@contoso.com"


@pytest.mark.once
@pytest.mark.usefixtures("fresh", "own_python")
@pytest.mark.parametrize("ends", [True, False])
def test_one_playbook_writes_at_a_time(
    ansible: Ansible, without_connect: Path, control: Control, tmp_path: Path, ends: bool
) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    other = Ansible(without_connect, tmp_path / "other")
    other.runs = ansible.runs
    role = "hybrid.identity.hard_match"
    second = {"hybrid_identity_scope": {"users": [CLARA]}, "hard_match_max_changes": 1}
    control("PUT", "settings", {"faults": [{"method": "PATCH", "path": "/users/", "hold": True}]})
    first = {"hybrid_identity_scope": {"users": [ANNA]}, "hard_match_max_changes": 1}
    with ansible.start(role, variables=first) as process:
        try:
            wait_until(lambda: process.poll() is not None or control.held()["requests"], "the write is under way")
            assert process.poll() is None, process.communicate()
            refused = other.playbook(role, variables=second)
            assert refused.code == 2, refused.failure
            said = " ".join(refused.output.split())
            assert f"Another ansible-playbook (process {process.pid} on " in said
            assert refused.folders == []
            assert other.playbook(role, "--check", variables=second).code == 0
            if ends:
                control.let_go()
                output, errors = process.communicate(timeout=600)
                assert process.returncode == 0, output + errors
        finally:
            kill(process)
    control.let_go()
    again = other.playbook(role, variables=second)
    assert again.code == 0, again.failure
