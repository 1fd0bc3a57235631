# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook itself, run over names that try to write lines of its own."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from support.nasty_text import FORGED, INVISIBLE

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AD_KEYS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import Header
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import write_run_file

PLANNED: dict[str, Any] = {
    "ad": {**dict.fromkeys(AD_KEYS), "user_principal_name": FORGED},
    "cloud": None,
    "match": {"outcome": "blocked", "reason": FORGED},
    "change": {"status": "refused", "cause": FORGED, "reason": FORGED, "immutable_id": None, "writes": []},
}
HEADER = Header(
    version=1,
    kind="plan",
    tenant=None,
    domain=None,
    module="match_plan",
    run=FORGED,
    host="localhost",
    origin={"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
    scope={},
    terms={},
    time=FORGED,
    facts={"verdict": FORGED, "caveats": [FORGED]},
)
REPORT = "hybrid.identity.match_report"
TASKS = [
    {REPORT: {"file": "{{ plan }}", "title": "{{ forged }}", "markdown": "{{ file }}"}},
    {REPORT: {"file": "{{ forged }}", "csv": "{{ file }}"}, "ignore_errors": True},
    {REPORT: {"file": "{{ plan }}", "csv": "{{ forged }}/x"}, "ignore_errors": True},
    {"ansible.builtin.debug": {"msg": "{{ forged | hybrid.identity.guid_to_immutable_id }}"}, "ignore_errors": True},
]


def test_no_name_writes_a_line_of_its_own(tmp_path: Path, built_modules: None) -> None:
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": TASKS}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), "utf-8")
    write_run_file("file", str(tmp_path / "plan.jsonl"), HEADER, [PLANNED])
    values = {
        "plan": str(tmp_path / "plan.jsonl"),
        "forged": FORGED,
        "file": str(tmp_path / "summary.md"),
    }
    (tmp_path / "vars.json").write_text(json.dumps(values), "utf-8")
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        "-i",
        "localhost,",
        "--diff",
        "-e",
        "@vars.json",
    ]
    done = subprocess.run(
        [*command, "play.yml"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert "ok=4 " in done.stdout, done.stdout + done.stderr
    assert "ignored=3 " in done.stdout, done.stdout + done.stderr
    lines = (done.stdout + done.stderr).split("\n")
    assert sum(line.startswith("ok: [localhost]") for line in lines) == 1
    assert not INVISIBLE & set("".join(lines))
    summary = html.unescape((tmp_path / "summary.md").read_text("utf-8"))
    assert "anna@contoso.com\\nok: [localhost]" in summary
