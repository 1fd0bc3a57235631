# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module class that never shows secrets in the records that it was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._identity.core.given.users import describe_keys, is_name
from .._identity.core.text.secret_keys import PLACEHOLDER, find_secret_keys, hide_secrets


class RecordsModule(AnsibleModule):
    """An AnsibleModule without secrets in its lists of records, also if it fails because its options are wrong.

    Ansible shows the options of a module that fails. Its ``no_log`` for a sub-option does not help: it forbids all keys
    that are not declared (tests/upstream/test_ansible_core.py::test_a_secret_sub_option_forbids_every_other_key), and
    it searches each string of the result for each password, which takes hours for thousands of passwords
    (tests/upstream/test_ansible_core.py::test_each_secret_is_sought_in_each_string_of_a_result).
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        for name in _record_lists(self.argument_spec):
            self.params[name] = _without_texts(self.params[name])
        for name, keys in _secret_keys(self.params).items():
            self.params[name] = hide_secrets(self.params[name])
            self.warn(
                f"{name} has keys that look like the keys of secrets ({', '.join(map(repr, keys))}), so their values "
                "are hidden. Remove these keys."
            )

    def fail_json(self, msg: str, **details: Any) -> Any:
        params = getattr(self, "params", {})
        shown = {name: _shown(value) for name, value in params.items()}
        for name in set(shown).intersection(_record_lists(self.argument_spec)):
            shown[name] = _without_texts(shown[name])
            if isinstance(params[name], Mapping):
                msg = (
                    f"{name} is a dictionary. Use a list of dictionaries, one for each user. "
                    f"{describe_keys(params[name])}"
                ).rstrip()
        super().fail_json(msg, **{"invocation": {"module_args": shown}, **details})


def _record_lists(spec: Mapping[str, Any]) -> list[str]:
    """Return the names of the options that are lists of records, or of records and names."""
    return [name for name, option in spec.items() if option.get("elements") in ("dict", "raw")]


def _without_texts(value: Any) -> Any:
    """Return a list of records and names with PLACEHOLDER for each other text, which may be a record with a secret."""
    if not isinstance(value, list):
        return value
    return [PLACEHOLDER if isinstance(each, str) and not is_name(each) else each for each in value]


def _secret_keys(params: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the keys in lists of records that look secret, by the name of the option."""
    found = {name: find_secret_keys(value) for name, value in params.items() if isinstance(value, list)}
    return {name: keys for name, keys in found.items() if keys}


def _shown(value: Any) -> Any:
    """Return an option's value without secrets in records, also if the records are still one text."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        return PLACEHOLDER
    return [_shown(each) for each in value] if isinstance(value, list) else hide_secrets(value)
