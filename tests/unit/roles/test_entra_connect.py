# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role entra_connect decides, and the page that it writes: pure, so ansible-playbook runs them anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

VARS = Path(__file__).resolve().parents[3] / "roles" / "entra_connect" / "vars" / "main.yml"
SHA = "a" * 64
GENUINE = {
    "product": "Microsoft Entra Connect Sync",
    "sha256": SHA,
    "signature": "Valid",
    "signer": "CN=Microsoft Corporation, O=Microsoft Corporation, C=US",
}
ITEM = {"name": "installed", "group": "connect", "status": "unknown", "reason": "Access is denied.", "advice": None}
SERVER = {"domain_joined": True, "domain": "ad.contoso.com"}


def case(
    installed: bool | None, there: str | None, msi: dict[str, Any] | str | None = None, **more: Any
) -> dict[str, Any]:
    if isinstance(msi, str):
        msi = {**GENUINE, "version": msi}
    given = {} if msi is None else {"__entra_connect_msi_found": msi}
    result = {"installed": installed, "version": there, "configured": False, "checks": [ITEM], "server": SERVER}
    return {"entra_connect_result": result, "entra_connect_msi": "AzureADConnect.msi", **given, **more}


# What is there and given, and the action with a part of its sentence.
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "an empty server": (case(False, None, "2.6.84.0"), "install", "Entra Connect 2.6.84.0 is laid down."),
    "exactly the floor": (case(False, None, "2.5.79.0"), "install", "2.5.79.0"),
    "below the floor": (case(False, None, "2.5.76.0"), "refuse", "have not synchronised since"),
    "by number, not by letter": (case(False, None, "2.10.1.0"), "install", "2.10.1.0"),
    "check mode knows no version": (case(False, None), "keep", "without check mode"),
    "nobody knows what is there": (case(None, None, "2.6.84.0"), "refuse", "Access is denied."),
    "an older MSI": (case(True, "2.6.84.0", "2.5.79.0"), "keep", "nothing is ever downgraded"),
    "an MSI of 9 against 10": (case(True, "2.10.1.0", "2.9.1.0"), "keep", "nothing is ever downgraded"),
    "the same MSI": (case(True, "2.6.84.0", "2.6.84.0"), "keep", "2.6.84.0 is installed."),
    "a newer MSI": (case(True, "2.5.79.0", "2.6.84.0"), "upgrade", "2.5.79.0 is upgraded to 2.6.84.0"),
    "a dead version": (case(True, "2.4.18.0"), "refuse", "set entra_connect_upgrade to true"),
    "a dead version and an MSI": (case(True, "2.4.18.0", "2.6.84.0"), "upgrade", "upgraded to 2.6.84.0"),
    "no MSI": (case(True, "2.6.84.0"), "keep", "2.6.84.0 is installed."),
    "an installed version that is not known": (case(True, None, "2.6.84.0"), "keep", "cannot be read"),
    "not signed": (
        case(False, None, {**GENUINE, "version": "2.6.84.0", "signature": "NotSigned", "signer": ""}),
        "",
        "NotSigned",
    ),
    "signed by another": (case(False, None, {**GENUINE, "version": "2.6.84.0", "signer": "O=Evil"}), "", "O=Evil"),
    "another program": (
        case(False, None, {**GENUINE, "version": "9.0", "product": "Microsoft Edge"}),
        "",
        "Microsoft Edge",
    ),
    "another file": (case(False, None, "2.6.84.0", entra_connect_msi_sha256="B" * 64), "", "b" * 64),
    "the file that was meant": (
        case(False, None, "2.6.84.0", entra_connect_msi_sha256=SHA.upper()),
        "install",
        "2.6.84.0",
    ),
}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Action and sentence of every case, and two pages, by one run."""
    folder = tmp_path_factory.mktemp("decide")
    (folder / "cases.json").write_text(json.dumps({name: given for name, (given, _action, _text) in CASES.items()}))
    tasks: list[dict[str, Any]] = []
    for name, (given, _action, _text) in CASES.items():
        include = {"name": "hybrid.identity.entra_connect", "tasks_from": "decide"}
        keep = {
            "ansible.builtin.copy": {
                "dest": str(folder / f"{len(tasks)}.json"),
                "mode": "0600",
                "content": "{{ {'case': name, 'action': action, 'reason': reason} | to_json }}",
            }
        }
        said = (
            "{{ ansible_failed_result.results | default([ansible_failed_result]) | map(attribute='msg') | join(' ') }}"
        )
        tasks.append(
            {
                "block": [
                    {"ansible.builtin.set_fact": {"entra_connect_action": "", "entra_connect_reason": ""}},
                    {"ansible.builtin.include_role": include, "vars": given},
                    {
                        **keep,
                        "vars": {
                            "name": name,
                            "action": "{{ entra_connect_action }}",
                            "reason": "{{ entra_connect_reason }}",
                        },
                    },
                ],
                "rescue": [{**keep, "vars": {"name": name, "action": "{{ entra_connect_action }}", "reason": said}}],
            }
        )
    for name, variables in PAGES.items():
        page = {**case(True, "2.6.84.0"), **variables, "entra_connect_page": str(folder / f"{name}.md")}
        include = {"name": "hybrid.identity.entra_connect", "tasks_from": "wizard"}
        tasks.append(
            {
                "block": [{"ansible.builtin.include_role": include, "vars": page}],
                "rescue": [{"ansible.builtin.debug": {"msg": "stopped"}}],
            }
        )
    local: dict[str, Any] = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    local["vars"] = {"ansible_python_interpreter": sys.executable}
    placed = {
        "ansible.builtin.copy": {
            "dest": f"{folder}/origin{{{{ index }}}}",
            "mode": "0600",
            "content": "{{ __entra_connect_msi_origin }} {{ __entra_connect_msi_path }}",
        },
        "vars": {"entra_connect_msi": "{{ item }}", "__entra_connect_folder": {"path": "C:\\Temp\\x"}},
        "loop": list(ORIGINS),
        "loop_control": {"index_var": "index"},
    }
    plays = [{**local, "tasks": tasks}, {**local, "vars_files": [str(VARS)], "tasks": [placed]}]
    (folder / "play.yml").write_text(yaml.safe_dump(plays), encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        "--inventory",
        "localhost,",
        str(folder / "play.yml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"msg": "stopped"') == len(PAGES), done.stdout
    found = {result["case"]: result for result in (json.loads(path.read_text()) for path in folder.glob("[0-9]*.json"))}
    origins = [(folder / f"origin{number}").read_text("utf-8") for number in range(len(ORIGINS))]
    return {**found, "origins": origins, "pages": {name: (folder / f"{name}.md").read_text("utf-8") for name in PAGES}}


# An MSI, where it comes from, and where it is on the server then.
ORIGINS = {
    "https://files.contoso.com/a.msi": "url C:\\Temp\\x\\AzureADConnect.msi",
    "D:\\a.msi": "server D:\\a.msi",
    "\\\\files\\share\\a.msi": "server \\\\files\\share\\a.msi",
    "/srv/a.msi": "controller C:\\Temp\\x\\AzureADConnect.msi",
}


# Variables of the page, beside what the server says.
PAGES: dict[str, dict[str, Any]] = {
    "staging": {
        "entra_connect_organizational_units": ["OU=People,DC=ad"],
        "entra_connect_upn_suffixes": ["contoso.com"],
    },
    "at-once": {
        "entra_connect_staging": False,
        "entra_connect_sign_in": "pass_through",
        "entra_connect_wanted_anchor": "objectGUID",
    },
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_done_with_an_msi(decided: dict[str, Any], name: str) -> None:
    _given, action, text = CASES[name]
    assert decided[name]["action"] == action
    assert text in decided[name]["reason"]


def test_where_the_msi_comes_from(decided: dict[str, Any]) -> None:
    assert decided["origins"] == list(ORIGINS.values())


def test_the_page_says_which_answers_fit(decided: dict[str, Any]) -> None:
    pages = decided["pages"]
    assert "only OU=People,DC=ad" in pages["staging"]
    assert "Verified (contoso.com)" in pages["staging"]
    assert "Enable staging mode: **ticked**" in pages["staging"]
    assert "Let Azure manage the source anchor" in pages["staging"]
    assert "Choose a specific attribute: objectGUID" in pages["at-once"]
    assert "process: **not ticked**" in pages["at-once"]
    assert "| Pass-through authentication |" in pages["at-once"]
    # One page: what fits on a screen and a half.
    assert all(len(page.splitlines()) < 45 for page in pages.values())
