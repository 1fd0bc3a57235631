# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module's service. Only this file turns an IdentityError into ``fail_json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .._identity.core.errors import IdentityError
from .deps import Dependency, require

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


_SHOWN = 20


def run(
    module: AnsibleModule,
    dependencies: tuple[Dependency, ...],
    service: Callable[[], dict[str, Any]],
    facts: Callable[[], dict[str, Any]] = dict,
) -> None:
    """Call a service and exit the module with its result, or fail with the message of its error.

    ``facts`` is called afterwards; what it returns is added to the result in both cases.
    """
    try:
        require(*dependencies)
        result = service()
    except IdentityError as error:
        details = _warned(module, error.details)
        module.fail_json(msg=error.message, invocation=_invocation(module), **{**facts(), **details})
    result = _warned(module, result)
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(invocation=_invocation(module), **{**facts(), **result})


def _warned(module: AnsibleModule, result: Mapping[str, Any]) -> dict[str, Any]:
    """Pass the ``warnings`` of a result to Ansible, and return the result without them.

    tests/upstream/test_ansible_core.py::test_warnings_in_a_result_are_deprecated
    """
    for warning in result.get("warnings", ()):
        module.warn(warning)
    return {name: value for name, value in result.items() if name != "warnings"}


def _invocation(module: AnsibleModule) -> dict[str, Any]:
    """Return the arguments that Ansible shows at verbosity 3. Ansible removes the secret ones.

    Show only the length of long lists of records. Otherwise they would go back to the controller together with the
    result: always up to ansible-core 2.20, and with ANSIBLE_INJECT_INVOCATION in newer versions
    (tests/upstream/test_ansible_core.py::test_all_arguments_come_back_with_the_result).
    """
    shown = {
        name: f"{len(value)} records" if isinstance(value, list) and _is_long(value) else value
        for name, value in module.params.items()
    }
    return {"module_args": shown}


def _is_long(values: list[Any]) -> bool:
    return len(values) > _SHOWN and isinstance(values[0], dict)
