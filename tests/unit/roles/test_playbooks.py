# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot run without Windows is well-formed: playbooks, the example inventory, options of Windows modules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
EXAMPLE = ROOT / "playbooks" / "inventories" / "windows"
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
FOREIGN = ("ansible.windows.", "microsoft.ad.")
# What all roles share, and what only this one knows.
CHAIN = "hybrid_identity"
# Keywords of tasks that hold tasks themselves.
NESTS = ("block", "rescue", "always")


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)


def syntax_error(*playbooks: str) -> str:
    """Return what Ansible says against these playbooks with the example inventory: nothing if all are fine."""
    done = run("ansible-playbook", "--syntax-check", "--inventory", str(EXAMPLE), *playbooks)
    if done.returncode == 0:
        assert done.stdout.count("playbook: ") == len(playbooks), done.stdout
        return ""
    return done.stdout + done.stderr


def specs(role: str) -> dict[str, Any]:
    """The options of all entry points of a role."""
    path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    entries = yaml.safe_load(path.read_text("utf-8"))["argument_specs"].values()
    return {name: option for entry in entries for name, option in entry.get("options", {}).items()}


def tasks(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        for nest in NESTS:
            yield from tasks(node.get(nest, []))
        yield node


def foreign_tasks() -> list[tuple[str, str, dict[str, Any]]]:
    """(where, module, arguments) of each task in a role that uses a module of another collection."""
    return [
        (f"{path.parents[1].name}/{path.name}: {task.get('name')}", key, task[key] or {})
        for path in sorted((ROOT / "roles").glob("*/tasks/*.yml"))
        for task in tasks(yaml.safe_load(path.read_text("utf-8")))
        for key in task
        if key.startswith(FOREIGN)
    ]


@pytest.fixture(scope="module")
def documented() -> dict[str, dict[str, Any]]:
    """Options by module, from the collections' own documentation."""
    modules = sorted({module for _where, module, _arguments in foreign_tasks()})
    done = run("ansible-doc", "--json", "--type", "module", *modules)
    assert done.returncode == 0, done.stdout + done.stderr
    docs = json.loads(done.stdout)
    return {module: docs[module]["doc"]["options"] for module in modules}


@pytest.fixture(scope="module")
def syntax_errors() -> dict[str, str]:
    """What is wrong with each playbook, from one process; if one is broken, from one more for each playbook."""
    names = {playbook: f"hybrid.identity.{playbook}" for playbook in PLAYBOOKS}
    together = syntax_error(*names.values())
    if not together:
        return dict.fromkeys(names, "")
    # Ansible stops at the first error and does not say in whose playbook.
    errors = {playbook: syntax_error(name) for playbook, name in names.items()}
    assert any(errors.values()), together
    return errors


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_playbooks_pass_the_syntax_check_with_the_example_inventory(
    syntax_errors: dict[str, str], playbook: str
) -> None:
    assert syntax_errors[playbook] == ""


def test_the_syntax_check_finds_a_broken_playbook(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("[{hosts: localhost, roles: [hybrid.identity.no_such_role]}]", encoding="utf-8")
    assert "'hybrid.identity.no_such_role' was not found" in syntax_error("hybrid.identity.domain", str(broken))


@pytest.mark.parametrize(
    ("playbook", "tag"),
    [
        ("domain", "ad_domain"),
        *((tag, tag) for tag in ("upn_suffixes", "accounts", "hard_match", "sync", "entra_connect")),
        ("sync", "hard_match"),
        ("preflight", "hard_match"),
        *(("site", tag) for tag in ("ad_domain", "upn_suffixes", "accounts", "hard_match", "sync")),
    ],
)
def test_the_tag_of_a_stage_chooses_tasks(playbook: str, tag: str) -> None:
    """A run without tasks does nothing, and is green."""
    done = run("ansible-playbook", "--list-tasks", "--tags", tag, "-i", str(EXAMPLE), f"hybrid.identity.{playbook}")
    assert done.returncode == 0, done.stderr
    chosen = [line for line in done.stdout.splitlines() if tag in line.partition("TAGS:")[2]]
    assert any(not line.lstrip().startswith("play #") for line in chosen), done.stdout


@pytest.mark.parametrize(("playbook", "tag"), [("hard_match", "hard_match"), ("preflight", "hard_match")])
def test_a_stage_chosen_by_its_tag_runs(playbook: str, tag: str, tmp_path: Path) -> None:
    """Also the tasks that it includes: it comes as far as a domain controller that nobody is."""
    nobody = dict.fromkeys(("authority", "graph_url"), "https://localhost:1")
    app = {"tenant": "contoso.com", "client_id": "x", "secret": "x", "disable_instance_discovery": True}
    variables = {
        "hybrid_identity_ad": {"server": "127.0.0.1", "port": 1, "username": "x@contoso.com", "password": "x"},
        "hybrid_identity_entra": {**app, **nobody},
        "hybrid_identity_scope": {"upn_suffixes": ["contoso.com"]},
    }
    given = tmp_path / "variables.yml"
    given.write_text(yaml.safe_dump(variables), encoding="utf-8")
    done = run("ansible-playbook", "--check", "--tags", tag, "-e", f"@{given}", f"hybrid.identity.{playbook}")
    assert done.returncode != 0
    assert "refuses connections" in " ".join((done.stdout + done.stderr).split()), done.stdout


@pytest.mark.parametrize(("where", "module", "arguments"), foreign_tasks(), ids=[found[0] for found in foreign_tasks()])
def test_modules_of_other_collections_know_the_options_given(
    documented: dict[str, dict[str, Any]], where: str, module: str, arguments: dict[str, Any] | str
) -> None:
    if isinstance(arguments, str):
        assert module == "ansible.windows.win_command", where
        return
    options = documented[module]
    names = set(options) | {alias for option in options.values() for alias in option.get("aliases", [])}
    assert set(arguments) <= names
    assert {name for name, option in options.items() if option.get("required")} <= set(arguments)
    for name, value in arguments.items():
        choices = options.get(name, {}).get("choices")
        if choices and "{{" not in str(value):
            assert value in choices


def test_the_example_inventory_sets_only_what_roles_know() -> None:
    known = {name for role in ROLES for name in specs(role)}
    given = yaml.safe_load((EXAMPLE / "group_vars" / "all.yml").read_text("utf-8"))
    assert set(given) <= known
    assert len(given) > 5


ADVICE = re.compile(
    rf"(?:[Ss]et |with |`)((?:{'|'.join(ROLES)})_[a-z_]+)(?: to |: |=)(?!the |an? |what )([A-Za-z_]+)(?![A-Za-z_:.])"
)


def test_values_that_texts_advise_are_taken() -> None:
    """A message told people to set sync_cycle to false, which the argument spec refused."""
    known = {name: option for role in ROLES for name, option in specs(role).items()}
    roles = [path for ending in ("yml", "md") for path in (ROOT / "roles").rglob(f"*.{ending}")]
    texts = [*roles, *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    advised = {found for text in texts for found in ADVICE.findall(" ".join(text.read_text("utf-8").split()))}
    assert ("sync_cycle", "never") in advised
    for name, value in sorted(advised):
        option = known[name]
        taken = option.get("choices") or (["true", "false"] if option.get("type") == "bool" else [value])
        assert value in taken, name


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specs_say_the_same(role: str) -> None:
    options, shared = specs(role), specs(CHAIN)
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text("utf-8"))
    assert set(defaults) <= {*options, *shared}
    assert all(name.startswith(f"{role}_") or name in shared for name in options)
    for name, option in {**shared, **options}.items():
        if "default" in option and (name in options or name in defaults):
            assert defaults[name] == option["default"], name
    # A role's own one in place of the shared one.
    for name in options:
        twin = f"{CHAIN}_{name.removeprefix(f'{role}_')}"
        if role != CHAIN and name not in shared and twin in shared:
            assert defaults[name] == f"{{{{ {twin} }}}}"
    readme = (ROOT / "roles" / role / "README.md").read_text("utf-8")
    for name in options:
        short = name.removeprefix(role)
        endings = {name, short, *(f"_{short.split('_', 2)[-1]}",)}
        assert any(f"{ending}`" in readme for ending in endings), f"the README does not name {name}"
