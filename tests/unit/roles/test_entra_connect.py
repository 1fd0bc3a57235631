# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role entra_connect decides about an MSI, and the page that it writes.

The decision is a template and needs no Windows, so one play evaluates every case.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles" / "entra_connect"
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
    installed: bool | None, there: str | None, msi: dict[str, Any] | str | None = None, sha256: str = ""
) -> dict[str, Any]:
    if isinstance(msi, str):
        msi = {**GENUINE, "version": msi}
    result = {"installed": installed, "version": there, "configured": False, "checks": [ITEM], "server": SERVER}
    return {
        "entra_connect_result": result,
        "entra_connect_msi": "AzureADConnect.msi",
        "entra_connect_msi_sha256": sha256,
        "__entra_connect_msi_found": msi or {},
    }


# What is there and given, and the action with a part of its sentence.
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "an empty server": (case(False, None, "2.6.84.0"), "install", "Entra Connect 2.6.84.0 is installed."),
    "exactly the floor": (case(False, None, "2.5.79.0"), "install", "2.5.79.0"),
    "below the floor": (case(False, None, "2.5.76.0"), "refuse", "have not synchronised since"),
    "by number, not by letter": (case(False, None, "2.10.1.0"), "install", "2.10.1.0"),
    "check mode knows no version": (case(False, None), "keep", "without check mode"),
    "nobody knows what is there": (case(None, None, "2.6.84.0"), "refuse", "Access is denied."),
    "an older MSI": (case(True, "2.6.84.0", "2.5.79.0"), "keep", "the role never downgrades"),
    "an MSI of 9 against 10": (case(True, "2.10.1.0", "2.9.1.0"), "keep", "the role never downgrades"),
    "the same MSI": (case(True, "2.6.84.0", "2.6.84.0"), "keep", "2.6.84.0 is installed."),
    "a newer MSI": (case(True, "2.5.79.0", "2.6.84.0"), "upgrade", "2.5.79.0 is upgraded to 2.6.84.0"),
    "a dead version": (case(True, "2.4.18.0"), "refuse", "Set entra_connect_upgrade to true"),
    "a dead version and an MSI": (case(True, "2.4.18.0", "2.6.84.0"), "upgrade", "upgraded to 2.6.84.0"),
    "no MSI": (case(True, "2.6.84.0"), "keep", "2.6.84.0 is installed."),
    "an installed version that is not known": (case(True, None, "2.6.84.0"), "keep", "cannot be read"),
    "not signed": (
        case(False, None, {**GENUINE, "version": "2.6.84.0", "signature": "NotSigned", "signer": ""}),
        "refuse",
        "NotSigned",
    ),
    "signed by another": (
        case(False, None, {**GENUINE, "version": "2.6.84.0", "signer": "O=Evil"}),
        "refuse",
        "O=Evil",
    ),
    "another program": (
        case(False, None, {**GENUINE, "version": "9.0", "product": "Microsoft Edge"}),
        "refuse",
        "Microsoft Edge",
    ),
    "a product name that looks like a decision": (
        case(False, None, {**GENUINE, "version": "9.0", "product": "x\ninstall: 9.0"}),
        "refuse",
        "install: 9.0",
    ),
    "another file": (case(False, None, "2.6.84.0", sha256="B" * 64), "refuse", "b" * 64),
    "the file that was meant": (
        case(False, None, "2.6.84.0", sha256=SHA.upper()),
        "install",
        "2.6.84.0",
    ),
}


def run(
    folder: Path, tasks: list[dict[str, Any]], variables: dict[str, Any] | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks, **more}
    play["vars"] = {"ansible_python_interpreter": sys.executable, **(variables or {})}
    (folder / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "--inventory", "localhost,", str(folder / "play.yml")]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, built_modules: None) -> dict[str, Any]:
    """What one run of the role's own files decided: for each case, and for each origin of an MSI; and its pages."""
    folder = tmp_path_factory.mktemp("decide")
    # Where a play looks for its templates.
    (folder / "templates").symlink_to(ROLE / "templates")
    (folder / "cases.json").write_text(json.dumps([given for given, _action, _text in CASES.values()]), "utf-8")
    evaluate: dict[str, Any] = {
        "ansible.builtin.set_fact": {"decisions": "{{ decisions + [__entra_connect_decision] }}"},
        "vars": {name: f"{{{{ item['{name}'] }}}}" for name in case(None, None)},
        "loop": f"{{{{ lookup('ansible.builtin.file', '{folder}/cases.json') | from_json }}}}",
        "loop_control": {"label": "case"},
    }
    place = {
        "ansible.builtin.set_fact": {
            "origins": "{{ origins + [__entra_connect_msi_origin ~ ' ' ~ __entra_connect_msi_path] }}"
        },
        "vars": {"entra_connect_msi": "{{ item }}", "__entra_connect_folder": {"path": "C:\\Temp\\x"}},
        "loop": list(ORIGINS),
    }
    write = {
        "ansible.builtin.copy": {
            "dest": str(folder / "found.json"),
            "mode": "0600",
            "content": "{{ {'decisions': decisions, 'origins': origins} | to_json }}",
        }
    }
    stop = {"ansible.builtin.debug": {"msg": "stopped"}}
    pages = [
        {
            "block": [
                {
                    "ansible.builtin.include_role": {
                        "name": "hybrid.identity.entra_connect",
                        "tasks_from": "wizard",
                    },
                    "vars": {
                        **case(True, "2.6.84.0"),
                        **variables,
                        "entra_connect_wizard_guide": str(folder / f"{name}.md"),
                    },
                }
            ],
            "rescue": [stop],
        }
        for name, variables in PAGES.items()
    ]
    variables: dict[str, Any] = {"decisions": [], "origins": []}
    done = run(folder, [evaluate, place, write, *pages], variables, vars_files=[str(ROLE / "vars" / "main.yml")])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"msg": "stopped"') == len(PAGES), done.stdout
    found = json.loads((folder / "found.json").read_text("utf-8"))
    return {
        "cases": dict(zip(CASES, found["decisions"], strict=True)),
        "origins": found["origins"],
        "pages": {name: (folder / f"{name}.md").read_text("utf-8") for name in PAGES},
    }


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
        "hybrid_identity_domains": ["contoso.com"],
    },
    "at-once": {
        "entra_connect_staging": False,
        "entra_connect_sign_in": "pass_through",
        "hybrid_identity_source_anchor": "objectGUID",
    },
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_done_with_an_msi(decided: dict[str, Any], name: str) -> None:
    _given, action, text = CASES[name]
    word, reason = decided["cases"][name].split(": ", 1)
    assert word == action
    assert text in reason


def test_a_refusal_ends_the_run_before_anything_is_installed(tmp_path: Path) -> None:
    given = case(False, None, {**GENUINE, "version": "2.6.84.0", "signer": "O=Evil"})
    include = {"name": "hybrid.identity.entra_connect", "tasks_from": "decide"}
    done = run(tmp_path, [{"ansible.builtin.include_role": include, "vars": given}])
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Download it again from the Entra admin center" in " ".join(done.stdout.split())


def test_where_the_msi_comes_from(decided: dict[str, Any]) -> None:
    assert decided["origins"] == list(ORIGINS.values())


def test_the_page_says_which_answers_fit(decided: dict[str, Any]) -> None:
    pages = decided["pages"]
    assert "only OU=People,DC=ad" in pages["staging"]
    assert "Verified (contoso.com)" in pages["staging"]
    assert "Enable staging mode: **selected**" in pages["staging"]
    assert "Let Azure manage the source anchor" in pages["staging"]
    assert "Choose a specific attribute: objectGUID" in pages["at-once"]
    assert "process: **not selected**" in pages["at-once"]
    assert "| Pass-through authentication |" in pages["at-once"]
    # One page: what fits on a screen and a half.
    assert all(len(page.splitlines()) < 45 for page in pages.values())
