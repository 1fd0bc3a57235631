# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example inventory, as README says to use it: its variables have values, and a run reaches for the server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.code_blocks import Page

from ansible_collections.hybrid.identity.plugins.lookup import connection_library

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "playbooks" / "inventories" / "windows"
BIN = Path(sys.executable).parent
SECRETS = {name: f"Secret-{name}-1" for name in ("DSRM_PASSWORD", "AD_PASSWORD", "AZURE_SECRET", "DC_PASSWORD")}
SECRETS["CONNECT_PASSWORD"] = "Secret-CONNECT-1"
HOSTS = {"localhost": "all", "dc1.ad.contoso.com": "domain_controllers", "connect1.ad.contoso.com": "entra_connect"}


def run(folder: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **SECRETS, "ANSIBLE_NOCOWS": "1", **settings}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A copy of the example with the Entra Connect server, which is commented out in it."""
    copy = tmp_path / "inventory"
    shutil.copytree(EXAMPLE, copy)
    hosts = copy / "hosts.yml"
    text = hosts.read_text("utf-8")
    found = re.search(r"(?m)^    # entra_connect:\n(?:    #   .*\n)+", text)
    assert found
    hosts.write_text(text.replace(found.group(), re.sub(r"(?m)^    # ", "    ", found.group())), encoding="utf-8")
    return copy


def test_every_variable_has_a_value(inventory: Path, tmp_path: Path) -> None:
    names = {host: [*variables("all"), *(variables(group) if group != "all" else ())] for host, group in HOSTS.items()}
    task = {
        "ansible.builtin.debug": {"msg": "{{ item }}={{ lookup('ansible.builtin.vars', item) | to_json }}"},
        "loop": "{{ names[inventory_hostname] }}",
    }
    play = {"hosts": "all", "gather_facts": False, "vars": {"names": names}, "tasks": [task]}
    path = tmp_path / "resolve.yml"
    path.write_text(yaml.safe_dump([play]), encoding="utf-8")
    done = run(tmp_path, "ansible-playbook", "-i", str(inventory), str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'\\"ca_cert\\": \\"{inventory.parent}/ad-ca.pem\\"' in done.stdout
    for host in HOSTS:
        assert re.search(rf"^{host} +: ok=1 ", done.stdout, re.MULTILINE), done.stdout


def test_nothing_that_a_run_reads_or_writes_is_taken_for_an_inventory(inventory: Path, tmp_path: Path) -> None:
    """Ansible takes every file of the folder for one. A line of a journal became a host."""
    texts = re.findall(
        r"\{\{ (inventory_dir[^}]*) \}\}(/[\w.-]+)", (EXAMPLE / "group_vars" / "all.yml").read_text("utf-8")
    )
    assert {name for _folder, name in texts} == {"/ad-ca.pem", "/runs", "/AzureADConnect.msi", "/wizard.md"}
    for folder, name in texts:
        place = Path(f"{inventory.parent if 'dirname' in folder else inventory}{name}")
        if name == "/runs":
            place.joinpath("one").mkdir(parents=True)
            place = place / "one" / "journal.jsonl"
        place.write_text('{"time":"2026-11-30T00:00:00Z","name":"x"}\n', encoding="utf-8")
    done = run(tmp_path, "ansible-inventory", "-i", str(inventory), "--list", "--export")
    assert done.returncode == 0, done.stderr
    assert "parse" not in done.stderr, done.stderr
    found = {host for group in json.loads(done.stdout).values() for host in group.get("hosts", ())}
    assert found == set(HOSTS)


def variables(group: str) -> dict[str, Any]:
    return dict(yaml.safe_load((EXAMPLE / "group_vars" / f"{group}.yml").read_text("utf-8")))


def test_localhost_runs_the_modules_with_the_python_of_ansible(inventory: Path, tmp_path: Path) -> None:
    module = "import sys; print(sys.executable)"
    command = ("ansible", "-i", str(inventory), "localhost", "-m", "ansible.builtin.debug")
    done = run(tmp_path, *command, "-a", "msg={{ ansible_python_interpreter }}")
    expected = run(tmp_path, str(BIN / "python"), "-c", module).stdout.strip()
    assert f'"msg": "{expected}"' in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("playbook", ["site", "domain"])
def test_the_first_task_reaches_for_the_server(inventory: Path, tmp_path: Path, playbook: str) -> None:
    """Nobody listens there. Before, it ended at a variable without a value, or at a library that nothing named."""
    nowhere = ("-e", "ansible_host=127.0.0.1", "-e", "ansible_psrp_port=1")
    done = run(tmp_path, "ansible-playbook", "-i", str(inventory), f"hybrid.identity.{playbook}", "--check", *nowhere)
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert "Connection refused" in told, told
    assert not re.search("undefined|pypsrp|Traceback", told), told


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_library.importlib.util, "find_spec", lambda _name: None)
    lookup = connection_library.LookupModule()
    (psrp,) = lookup.run(["psrp", "ssh", "ansible.builtin.psrp"])
    assert psrp == (
        "ansible_connection is psrp. This connection needs the Python library pypsrp, which is not installed for the "
        f"Python that runs ansible-playbook. Install it with: {sys.executable} -m pip install pypsrp"
    )
    assert "pip install pywinrm" in lookup.run(["winrm"])[0]
    assert lookup.run(["local", "ssh"]) == []


def test_the_library_of_the_example_is_there() -> None:
    assert connection_library.LookupModule().run([variables("domain_controllers")["ansible_connection"]]) == []


@pytest.mark.once
def test_the_commands_of_the_readme(tmp_path: Path) -> None:
    """They copy the example out of the collection, wherever it is installed."""
    collections = tmp_path / "collections"
    build = run(ROOT, "ansible-galaxy", "collection", "build", "--output-path", str(tmp_path))
    assert build.returncode == 0, build.stdout + build.stderr
    (archive,) = tmp_path.glob("hybrid-identity-*.tar.gz")
    install = ("install", str(archive), "-p", str(collections), "--no-deps", "--offline", "--force")
    installed = run(tmp_path, "ansible-galaxy", "collection", *install)
    assert installed.returncode == 0, installed.stdout + installed.stderr

    lines = Page("README.md").block("inventories/windows", "shell").splitlines()
    prepare = [line for line in lines if not line.startswith(("pip ", "ansible-playbook "))]
    play = [line.partition("#")[0].split() for line in lines if line.startswith("ansible-playbook ")]
    done = run(
        tmp_path, "bash", "-euo", "pipefail", "-c", "\n".join(prepare), ANSIBLE_COLLECTIONS_PATH=str(collections)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "inventory" / "hosts.yml").read_bytes() == (EXAMPLE / "hosts.yml").read_bytes()
    # Where the example's variables have it.
    assert (tmp_path / "runs").stat().st_mode & 0o777 == 0o700
    assert len(play) == 2
    for command in play:
        # The collections that it depends on are not in this folder.
        listed = run(tmp_path, *command, "--list-hosts", ANSIBLE_COLLECTIONS_PATH=str(collections))
        assert listed.returncode == 0, listed.stdout + listed.stderr
        assert "localhost" in listed.stdout
