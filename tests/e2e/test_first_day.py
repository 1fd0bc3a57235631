# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an empty machine to a first look, typing only what README.md and docs/setup.md say.

The lab gives what the page makes with the Azure CLI, Terraform, dsacls and on Windows: the apps with their
certificates, the CA, and a domain controller. There is no Entra Connect server yet. No package index and no Galaxy can
be reached, so packages and the collections that ours depends on are there already (support/empty_machine.py), and
``ansible-galaxy collection install`` is told so with ``--offline``. Names of servers, of the tenant and of folders
become those of the lab.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import work_copy
import yaml
from outside import Control, Directory
from setup_page import PAGE, PEOPLE, READ, SUFFIXES, UNIT, WRITER, accounts_made, people
from support.code_blocks import ROOT, SHELL, Page
from support.empty_machine import EmptyMachine
from test_chain import diff_lines, dump

README = Page("README.md")
pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> EmptyMachine:
    """After the commands of README that install the collection."""
    found = EmptyMachine(tmp_path_factory.mktemp("machine"))
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    found.install("ansible-core", *(line for line in lines if line and not line.startswith("#")))
    found.give_collections()
    install = README.block("ansible-galaxy collection build", *SHELL)
    offline, count = re.subn(
        r"(?m)^(ansible-galaxy collection install [^#\n]*?)( *)(#|$)", r"\1 --offline\2\3", install
    )
    assert count == 1
    done = found.type(offline, cwd=work_copy.copy("first_day"))
    assert done.returncode == 0, done.stdout
    assert "hybrid.identity:" in done.stdout, done.stdout
    assert "was installed successfully" in done.stdout, done.stdout
    return found


@pytest.fixture(scope="module")
def password(directory: Directory) -> Iterator[str]:
    """Of the account that the page makes on the domain controller, which may read and add UPN suffixes."""
    with people(directory), accounts_made(directory) as controller:
        controller.give(READ)
        controller.give(SUFFIXES)
        yield controller.accounts.passwords[WRITER]


@pytest.fixture
def environment(lab: dict[str, Any], control: Control, fresh: None, password: str) -> dict[str, str]:
    """What the page exports, and where the emulated tenant is. It has the page's people and emergency accounts."""
    control("POST", "users", [{"userPrincipalName": upn, "displayName": upn} for upn in PEOPLE])
    emergency = [f"emergency{number}@contoso.onmicrosoft.com" for number in (1, 2)]
    control(
        "POST", "users", [{"userPrincipalName": upn, "lab": {"roles": ["Global Administrator"]}} for upn in emergency]
    )
    exported = set(re.findall(r"\w+", PAGE.block("export AD_USERNAME", *SHELL).rpartition("export ")[2]))
    given = {
        "AD_USERNAME": f"{WRITER}@ad.contoso.com",
        "AD_PASSWORD": password,
        "CONNECT_PASSWORD": "there is no such server",
        "AZURE_CLIENT_ID": lab["client_id"],
        "AZURE_X509_CERTIFICATE_PATH": lab["certificate_path"],
    }
    assert set(given) == exported
    return given | {
        "AZURE_AUTHORITY_HOST": lab["authority"],
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "HYBRID_IDENTITY_GRAPH_URL": lab["graph_url"],
        "HYBRID_IDENTITY_GRAPH_CA_CERT": lab["ca_cert"],
    }


@pytest.fixture
def inventory(machine: EmptyMachine, lab: dict[str, Any]) -> Path:
    """The files of the page."""
    machine.type("rm -rf inventory runs")
    made = machine.type(PAGE.block("mkdir -m 700 runs", *SHELL))
    assert made.returncode == 0, made.stdout
    names = {
        "dc1.ad.contoso.com": lab["ldap"]["server"],
        "tenant: contoso.onmicrosoft.com": f"tenant: {lab['tenant']}",
        "OU=People": f"OU={UNIT}",
    }
    files = [each for each in PAGE.blocks("yaml") if each.startswith("# inventory/")]
    assert len(files) == 3
    for text in files:
        for name, mine in names.items():
            text = text.replace(name, mine)
        (machine.folder / text.partition("\n")[0].removeprefix("# ")).write_text(text, encoding="utf-8")
    hosts = machine.folder / "inventory" / "hosts.yml"
    content = yaml.safe_load(hosts.read_text("utf-8"))
    # "Leave the group out if there is no Entra Connect server yet."
    assert content["all"].pop("children").keys() == {"entra_connect"}
    hosts.write_text(yaml.safe_dump(content), encoding="utf-8")
    (machine.folder / "ad-ca.pem").write_bytes(Path(lab["ca_cert"]).read_bytes())
    return machine.folder / "inventory"


def everything(state: Path) -> list[str]:
    """Both directories. The domain controller itself notes each sign-in at the account."""
    return [each for each in dump(state).split("\n\n") if not each.startswith(f"dn: CN={WRITER},")]


def run_folders(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.is_dir()]


def planned(folder: Path) -> dict[str, str]:
    """What the one run planned for each AD user."""
    (run,) = run_folders(folder)
    assert [each.name for each in run.iterdir()] == ["hard_match-plan.jsonl"]
    records = [json.loads(line) for line in (run / "hard_match-plan.jsonl").read_text("utf-8").splitlines()[1:-1]]
    return {each["ad"]["user_principal_name"]: each["change"]["status"] for each in records if each["ad"]}


def test_the_doctor_and_a_first_check(
    machine: EmptyMachine, inventory: Path, environment: dict[str, str], state: Path
) -> None:
    before = everything(state)
    doctor = machine.type(PAGE.block("hybrid.identity.doctor", *SHELL), environment)
    assert doctor.returncode == 0, doctor.stdout
    said = dict(re.findall(r"^\W*(?:fine|wrong|unknown) +(\w+) +(.+)$", doctor.stdout, re.MULTILINE))
    assert {"ad_sign_in", "ad_write_upn_suffixes", "entra_permissions_hard_match", "run_folder"} <= set(said), (
        doctor.stdout
    )
    assert not re.search(r"^\W*wrong ", doctor.stdout, re.MULTILINE), doctor.stdout
    assert re.findall(r"^\W*unknown +(\w+) ", doctor.stdout, re.MULTILINE) == ["connect_server"], doctor.stdout
    assert run_folders(inventory.parent / "runs") == []

    check = machine.type(PAGE.block("--check --diff", *SHELL), environment)
    assert check.returncode == 0, check.stdout
    shown = diff_lines(check.stdout)
    assert [line.partition(" ")[0] for line in shown if line.startswith("+")] == [f"+{upn}" for upn in PEOPLE], (
        check.stdout
    )
    assert planned(inventory.parent / "runs") == dict.fromkeys(PEOPLE, "set")
    for told in (doctor.stdout, check.stdout):
        assert "WARNING" not in told, told
        assert environment["AD_PASSWORD"] not in told
    assert everything(state) == before


@pytest.fixture
def excluded(
    directory: Directory, control: Control, example: dict[str, Any], environment: dict[str, str]
) -> Iterator[None]:
    """What README's example excludes must exist."""
    made: list[str] = []
    control("POST", "users", [{"userPrincipalName": upn} for upn in _excludes(example, "users")])
    for name in _excludes(example, "groups"):
        relative = name.removesuffix(f",{directory.base}")
        group, _comma, parent = relative.partition(",")
        directory.add_unit(parent)
        made.append(parent)
        directory._run("ldapadd", stdin=f"dn: {name}\nobjectClass: group\nsAMAccountName: {group.partition('=')[2]}\n")
    yield
    for parent in made:
        directory.delete_tree(parent)


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The play in README."""
    plays = [yaml.safe_load(block) for block in README.blocks("yaml") if "hybrid_identity_scope" in block]
    ((play,),) = (each for each in plays if isinstance(each, list))
    return dict(play)


def _excludes(example: dict[str, Any], key: str) -> list[str]:
    return list(example["vars"]["hybrid_identity_exclude"].get(key, ()))


@pytest.mark.usefixtures("excluded")
def test_the_example_of_the_readme(
    machine: EmptyMachine,
    example: dict[str, Any],
    environment: dict[str, str],
    lab: dict[str, Any],
    state: Path,
    tmp_path: Path,
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir(mode=0o700)
    play = {**example, "vars": {**example["vars"], "hybrid_identity_run_folder": str(runs)}}
    play["vars"]["hybrid_identity_ad"] |= {"server": lab["ldap"]["server"], "username": f"{WRITER}@ad.contoso.com"}
    play["vars"]["hybrid_identity_entra"] |= {"tenant": lab["tenant"]}
    (machine.folder / "match.yml").write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    (machine.folder / "ad-ca.pem").write_bytes(Path(lab["ca_cert"]).read_bytes())
    secrets = {"ad_password": environment["AD_PASSWORD"], "app_id": lab["client_id"], "app_secret": lab["secret"]}
    # In the lab, many people are refused on purpose.
    variables = {**secrets, "hybrid_identity_max_refused": "100%"}
    (machine.folder / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
    before = everything(state)
    done = machine.type("ansible-playbook match.yml --check --diff -e @variables.json", environment)
    assert done.returncode == 0, done.stdout
    assert set(PEOPLE) <= {line[1:].partition(" ")[0] for line in diff_lines(done.stdout) if line.startswith("+")}
    assert {upn: status for upn, status in planned(runs).items() if upn in PEOPLE} == dict.fromkeys(PEOPLE, "set")
    assert not [secret for secret in secrets.values() if secret != lab["client_id"] and secret in done.stdout]
    assert everything(state) == before
