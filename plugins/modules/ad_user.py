#!/usr/bin/python
# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
"""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_rollback import ATTRIBUTES
from ansible_collections.hybrid.identity.plugins.module_utils._identity.hidden import HiddenText
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback import chosen_lines, run_names
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.account_rollback import roll_back_accounts
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.accounts import Helpers, manage_accounts
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    OptionSpec,
    journal_options,
    ldap_options,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.countries import find_country
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import LDAP3, PYCOUNTRY
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import journaled, read_journal
from ansible_collections.hybrid.identity.plugins.module_utils._module.passwords import PasswordFile, random_password
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run


def record(value: Any) -> dict[str, Any]:
    """A record of ``users`` whose password is hidden before Ansible logs the options or returns them."""
    if not isinstance(value, dict):
        raise TypeError("an item of users must be a dictionary such as {user_principal_name: anna@contoso.com}")
    if value.get("password") is None:
        return value
    return {**value, "password": HiddenText(str(value["password"]))}


def make(params: dict[str, Any], connection: dict[str, Any], task: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Make and fill accounts, with the journal and the file of passwords that are asked for."""
    keeper = PasswordFile(task["password_file"]) if task["password_file"] and not check_mode else None

    def service(journal: Any) -> dict[str, Any]:
        return manage_accounts(connection, task, Helpers(find_country, random_password, journal, keeper), check_mode)

    with keeper or nullcontext():
        return journaled(params, service, check_mode=check_mode)


def roll_back(params: dict[str, Any], connection: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Undo what the journal says of a run."""
    found = read_journal(params["journal"])
    lines = chosen_lines(found, params["rollback"], ATTRIBUTES, ("domain", None))
    return journaled(
        params,
        lambda journal: roll_back_accounts(
            connection,
            found,
            params["rollback"],
            journal,
            max_changes=params["max_changes"],
            skip_refused=params["on_refused"] == "skip",
            check_mode=check_mode,
        ),
        check_mode=check_mode,
        rolls_back=run_names(lines),
    )


def service(params: dict[str, Any], connection: Sequence[str], task: Sequence[str], check_mode: bool) -> dict[str, Any]:
    """Do what the options ask for."""
    options = {name: params[name] for name in connection}
    if params["rollback"]:
        return roll_back(params, options, check_mode)
    return make(params, options, {name: params[name] for name in task}, check_mode)


def main() -> None:
    connection = ldap_options()
    task: dict[str, OptionSpec] = {
        "users": {"type": "list", "elements": record},
        "path": {"type": "str"},
        "path_by": {"type": "list", "elements": "dict"},
        "update": {"type": "str", "choices": ["never", "empty", "always"], "default": "empty"},
        "enabled": {"type": "str", "choices": ["same", "true", "false"], "default": "same"},
        "account_password": {"type": "str", "choices": ["random", "given"], "default": "random", "no_log": False},
        "password_file": {"type": "path", "no_log": False},
        "password_must_change": {"type": "bool", "default": False, "no_log": False},
        "max_changes": {"type": "str"},
        "on_refused": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
    }
    module = AnsibleModule(
        argument_spec={**connection, **journal_options(), **task},
        mutually_exclusive=[("users", "rollback"), ("path", "rollback"), ("path_by", "rollback")],
        required_one_of=[("users", "rollback")],
        required_by={"rollback": "journal", "journal_run": "journal"},
        supports_check_mode=True,
    )
    run(module, (LDAP3, PYCOUNTRY), lambda: service(module.params, list(connection), list(task), module.check_mode))


if __name__ == "__main__":
    main()
