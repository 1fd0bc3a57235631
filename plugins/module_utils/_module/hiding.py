# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that shows no password, even if a record contains one by mistake."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule

PLACEHOLDER = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""What Ansible itself shows in place of an option that is not logged."""


class HidingModule(AnsibleModule):
    """An AnsibleModule that forgets the value of ``password`` in each item of ``users`` as it reads its options.

    Such a record is refused, but Ansible shows the options of a module that fails. Its own way to hide a part of a
    list, ``no_log`` of a sub-option, forbids every key that is not named
    (tests/upstream/test_ansible_core.py::test_a_secret_sub_option_forbids_every_other_key), and afterwards looks for
    each password in each string of the result, which takes hours for thousands of them
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
