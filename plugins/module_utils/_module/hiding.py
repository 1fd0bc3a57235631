# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module whose records may hold passwords."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._identity.hidden import HiddenText


class HidingModule(AnsibleModule):
    """An AnsibleModule that hides ``password`` in each item of ``users`` as it reads its options.

    Ansible's own way to hide a part of a list, ``no_log`` of a sub-option, forbids every key that is not named
    (tests/upstream/test_ansible_core.py::test_a_secret_sub_option_forbids_every_other_key), and afterwards looks for
    each password in each string of the result, which takes hours for thousands of them
    (tests/upstream/test_ansible_core.py::test_each_secret_is_sought_in_each_string_of_a_result).
    """

    def _load_params(self) -> None:
        super()._load_params()
        users: Any = self.params.get("users")
        if isinstance(users, list):
            self.params["users"] = [_hidden(each) for each in users]


def _hidden(record: Any) -> Any:
    if not isinstance(record, dict) or record.get("password") is None:
        return record
    return {**record, "password": HiddenText(str(record["password"]))}
