# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/setup.md gives exactly what the code needs: permissions, attributes, and names of options."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml
from ansible.plugins.connection import psrp
from support.code_blocks import SHELL, Page

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.values import MANAGER, WRITTEN
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.checks import HARD_MATCH, STAGES
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.permissions import (
    APP,
    TABLE,
    USERS,
    WRITE_USERS,
    Granted,
    check_permissions,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import graph_options

PAGE = Page("docs/setup.md")
KNOWN = {each for row in TABLE for each in row.permissions}
NOT_FOR_ALL = {"MailboxSettings.Read", "User.DeleteRestore.All"}
"""Permissions for one stage or one option, which the commands leave out or give separately."""
WRITER = KNOWN - NOT_FOR_ALL - {USERS}
READER = WRITER - {WRITE_USERS, "User-OnPremisesSyncBehavior.ReadWrite.All"} | {USERS}


def named(text: str) -> set[str]:
    return {each for each in KNOWN if re.search(rf"(?<![\w.]){re.escape(each)}(?![\w.])", text)}


def request(app: str) -> str:
    """The command of the Azure CLI that requests the permissions of an app."""
    (block,) = (each for each in PAGE.blocks(*SHELL) if "az ad app create" in each)
    return block.partition(f'request "${app}" ')[2].partition("az ad app permission admin-consent")[0]


def test_the_table_has_every_permission() -> None:
    rows = re.findall(r"^\| `([\w.-]+)` \| (.+?) \| (.+?) \|$", PAGE.section("## 1. Apps in Entra ID"), re.MULTILINE)
    assert {name for name, _writer, _reader in rows} == KNOWN
    assert {name for name, writer, _reader in rows if writer == "yes"} == WRITER
    assert {name for name, _writer, reader in rows if reader == "yes"} == READER


@pytest.mark.parametrize(("app", "permissions"), [("writer", WRITER), ("reader", READER)])
def test_every_way_gives_an_app_the_same_permissions(app: str, permissions: set[str]) -> None:
    assert named(request(app)) == permissions
    powershell = PAGE.block("function New-HybridApp", "powershell")
    both = named(powershell.partition("$both = @(")[2].partition(")\n")[0])
    assert both | named(powershell.partition(f"${app} = New-HybridApp")[2].partition("\n")[0]) == permissions
    terraform = PAGE.block("azuread_app_role_assignment", "terraform")
    both = named(terraform.partition("both = [")[2].partition("]")[0])
    name = {"writer": "hybrid-identity", "reader": "hybrid-identity-plan"}[app]
    (line,) = re.findall(rf'^ +"{name}" += concat.*$', terraform, re.MULTILINE)
    assert both | named(line) == permissions


def test_of_the_doctors_checks_the_writing_app_lacks_only_those_of_the_mailboxes() -> None:
    found = check_permissions(Granted(APP, frozenset(WRITER)), STAGES)
    assert [(check.name, named(check.finding)) for check in found if check.advice] == [
        ("entra_permissions_more", {"MailboxSettings.Read"})
    ]


def test_the_page_says_what_the_doctor_finds_of_the_app_that_only_plans() -> None:
    (found,) = (
        each for each in check_permissions(Granted(APP, frozenset(READER)), [HARD_MATCH]) if each.status == "wrong"
    )
    assert found.name == "entra_permissions_hard_match"
    assert named(found.finding) == {WRITE_USERS}
    section = " ".join(PAGE.section("## 7. Check all of it").split())
    assert f"`{found.name}`, if it names only `{WRITE_USERS}`" in section


def test_the_rights_on_attributes_are_those_that_are_written() -> None:
    exchange = {f"extensionAttribute{number}" for number in range(1, 16)}
    written = {*WRITTEN, MANAGER}
    assert exchange < written
    powershell = PAGE.block("$attributes = @(", "powershell")
    assert '1..15 | ForEach-Object { "extensionAttribute$_" }' in powershell
    listed = powershell.partition("$attributes = @(")[2].partition("\n)\n")[0]
    assert set(re.findall(r"'(\w+)'", listed)) == written - exchange
    shell = PAGE.block("for attribute in", *SHELL)
    words = shell.partition("for attribute in ")[2].partition("; do")[0].replace("\\\n", " ").split()
    assert {*words} == (written - exchange) | {"extensionAttribute{1..15}"}


@pytest.mark.parametrize("number", range(len(PAGE.blocks(*SHELL))))
def test_the_shell_can_read_each_block(number: int) -> None:
    done = subprocess.run(
        ["bash", "-n"], input=PAGE.blocks(*SHELL)[number], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def inventory(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load(PAGE.block(f"# inventory/{name}\n", "yaml")))


def test_the_options_of_the_connection_to_windows_exist() -> None:
    options = yaml.safe_load(psrp.DOCUMENTATION)["options"]
    known = {each["name"] for option in options.values() for each in option.get("vars", ())}
    variables = inventory("group_vars/entra_connect.yml")
    assert {name for name in variables if name.startswith("ansible_psrp_")} <= known
    for name, value in variables.items():
        (option,) = (
            (each for each in options.values() if {"name": name} in each.get("vars", ())) if name in known else ({},)
        )
        assert value in option.get("choices", [value])


def test_the_environment_variables_exist() -> None:
    known = {name for option in graph_options().values() for name in option["fallback"][1]}
    named_here = set(re.findall(r"\bAZURE_\w+", PAGE.text))
    assert len(named_here) > 3
    assert named_here <= known
    # What is neither in the inventory nor set by default comes from the environment.
    assert inventory("group_vars/all.yml")["hybrid_identity_entra"] == {"tenant": "contoso.onmicrosoft.com"}


def test_each_link_within_the_page_has_its_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", PAGE.text), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE.text)) <= anchors
