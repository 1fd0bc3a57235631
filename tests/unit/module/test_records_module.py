# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in records are shown by no module: neither in what it returns nor in the options that Ansible shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.common.parameters import PASS_VARS

from ansible_collections.hybrid.identity.plugins.modules import (
    ad_user,
    ad_user_guid,
    entra_immutable_id,
    entra_sync_info,
)

SECRET = "Geheim-17-xyz"
RECORD = {"user_principal_name": "anna@contoso.com"}
MODULES = (ad_user, ad_user_guid, entra_immutable_id, entra_sync_info)
Called = Callable[..., str]


@pytest.fixture
def called(give_arguments: Callable[[dict[str, Any]], None], capfd: pytest.CaptureFixture[str]) -> Called:
    """Run a module and return all that it prints, which is what Ansible can show."""

    def run(module: ModuleType, **arguments: Any) -> str:
        internal: dict[str, Any] = {"_ansible_remote_tmp": "/tmp"}
        if "inject_invocation" in PASS_VARS:  # ansible-core 2.21 and newer need to be asked for the arguments
            internal["_ansible_inject_invocation"] = True
        give_arguments({**arguments, **internal})
        with pytest.raises(SystemExit):
            module.main()
        written = capfd.readouterr()
        return written.out + written.err

    return run


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("key", ["password", "Password", "PASS-WORD", "client_secret"])
def test_not_by_a_module_whose_other_options_are_wrong(called: Called, module: ModuleType, key: str) -> None:
    printed = called(module, users=[{**RECORD, key: SECRET, "more": {"x": [{key: SECRET}]}}], misspelt=True)
    assert "misspelt" in printed
    assert SECRET not in printed


@pytest.mark.parametrize("module", MODULES)
def test_not_if_the_records_are_a_text(called: Called, module: ModuleType) -> None:
    text = json.dumps([{**RECORD, "password": SECRET}])
    assert SECRET not in called(module, users=text, misspelt=True)
    assert SECRET not in called(module, users=[text.strip("[]")], misspelt=True)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    "text", [f"Password: {SECRET}", f"upn=a@b.c Password={SECRET}", f'a=b Password="{SECRET}', SECRET]
)
def test_not_if_a_record_is_a_text(called: Called, module: ModuleType, text: str) -> None:
    """As YAML makes one of a record that is not indented."""
    assert SECRET not in called(module, users=text)
    assert SECRET not in called(module, users=[text])
    assert SECRET not in called(module, users=[RECORD, text], misspelt=True)


def test_the_key_is_named_if_the_secret_is_hidden(called: Called) -> None:
    printed = called(entra_immutable_id, users=[{**RECORD, "Initial Password": SECRET}])
    assert (
        "users has keys that look like the keys of secrets ('Initial Password'), so their values are hidden" in printed
    )
    assert SECRET not in printed


def test_an_account_is_not_made_from_such_a_record(called: Called, tmp_path: Path) -> None:
    connection = {"server": ["127.0.0.1"], "username": "svc@contoso.com", "password": "x", "path": "DC=ad"}
    passwords = {"account_password": "random", "password_file": str(tmp_path / "passwords")}
    printed = called(ad_user, users=[RECORD, {**RECORD, "unicodePwd": SECRET}], **connection, **passwords)
    assert "Record 2 of users has the key 'unicodePwd', which looks like the key of a secret. Remove it" in printed
    assert SECRET not in printed
