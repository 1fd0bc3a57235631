# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module class that hides passwords in the records it was given."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule

PLACEHOLDER = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""The text that Ansible shows for an option with ``no_log``."""


class HidingModule(AnsibleModule):
    """An AnsibleModule that replaces the value of ``password`` in each item of ``users`` when it reads its options.

    A record with a password is refused, but Ansible shows the options of a module that fails. Ansible's ``no_log`` for
    a sub-option does not help: it forbids all keys that are not declared
    (tests/upstream/test_ansible_core.py::test_a_secret_sub_option_forbids_every_other_key), and it searches each string
    of the result for each password, which takes hours for thousands of passwords
    (tests/upstream/test_ansible_core.py::test_each_secret_is_sought_in_each_string_of_a_result).
    """

    def _load_params(self) -> None:
        super()._load_params()
        users: Any = self.params.get("users")
        if isinstance(users, list):
            self.params["users"] = [_without_password(each) for each in users]


def _without_password(record: Any) -> Any:
    if not isinstance(record, dict):
        return record
    return {key: PLACEHOLDER if key.casefold() == "password" else value for key, value in record.items()}
