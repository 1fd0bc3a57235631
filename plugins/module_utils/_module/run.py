# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place where a layer's exception becomes ``fail_json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import Dependency, require

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


_SHOWN = 20


def run(
    module: AnsibleModule,
    dependencies: tuple[Dependency, ...],
    service: Callable[[], dict[str, Any]],
    facts: Callable[[], dict[str, Any]] = dict,
) -> None:
    """Call a service and leave the module with what it returns, or with the sentence of what it raised.

    ``facts`` are asked afterwards, and belong to the result either way.
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
    """The result without its ``warnings``, which Ansible wants to be told of by themselves.

    tests/upstream/test_ansible_core.py::test_warnings_in_a_result_are_deprecated
    """
    for warning in result.get("warnings", ()):
        module.warn(warning)
    return {name: value for name, value in result.items() if name != "warnings"}


def _invocation(module: AnsibleModule) -> dict[str, Any]:
    """The arguments as Ansible shows them at verbosity 3; it takes out those that are secret.

    Long lists of records are only counted: they would go back to the controller beside the result that they became,
    always up to ansible-core 2.20 and with ANSIBLE_INJECT_INVOCATION since
    (tests/upstream/test_ansible_core.py::test_all_arguments_come_back_with_the_result).
    """
    shown = {
        name: f"{len(value)} records" if isinstance(value, list) and _is_long(value) else value
        for name, value in module.params.items()
    }
    return {"module_args": shown}


def _is_long(values: list[Any]) -> bool:
    return len(values) > _SHOWN and isinstance(values[0], dict)
