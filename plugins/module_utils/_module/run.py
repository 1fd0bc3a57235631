# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module's service. Only this file turns an exception into ``fail_json``."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._identity.core.errors import IdentityError, UnexpectedError, telling
from .._identity.core.text.visible import visible
from .deps import Dependency, require
from .trace import trace

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


_SHOWN = 20
_NEW_OBJECTS, _NEVER = 20_000, 2**31 - 1
_TEXTS = ("left_out", "notes", "reason", "verdict")
"""The values of a result, and of the records in it, that are sentences for people. Directories' names occur in them."""


def run(
    module: AnsibleModule,
    dependencies: tuple[Dependency, ...],
    service: Callable[[], dict[str, Any]],
    facts: Callable[[], dict[str, Any]] = dict,
) -> None:
    """Call a service and exit the module with its result, or fail with the message of its error.

    ``facts`` is called afterwards; what it returns is added to the result in both cases. If an exception is no
    IdentityError, the result also has ``trace``.
    """
    failure: IdentityError | None = None
    result: dict[str, Any] = {}
    try:
        with telling(), _records_kept():
            require(*dependencies)
            result = service()
    except IdentityError as error:
        failure = error
    # Not while the exception is handled: Ansible would add its text, which may hold a secret.
    # tests/upstream/test_ansible_core.py::test_the_text_of_an_exception_is_added_to_a_failure
    if failure is not None:
        details = _warned(module, {**facts(), **failure.details})
        if isinstance(failure, UnexpectedError):
            details["trace"] = trace(failure.origin)
        module.fail_json(msg=visible(failure.message), invocation=_invocation(module), **details)
    result = _warned(module, {**facts(), **result})
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(invocation=_invocation(module), **result)


@contextmanager
def _records_kept() -> Iterator[None]:
    """Let Python look for unreachable cycles among new objects only.

    The libraries leave some behind at each request. To look through the records of 10,000 users again and again too
    took an eighth of the CPU time of a plan.
    """
    before = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _warned(module: AnsibleModule, result: Mapping[str, Any]) -> dict[str, Any]:
    """Pass the ``warnings`` of a result to Ansible, and return the result without them, its texts visible.

    tests/upstream/test_ansible_core.py::test_warnings_in_a_result_are_deprecated
    """
    for warning in result.get("warnings", ()):
        module.warn(visible(warning))
    return {
        name: [_readable(record) for record in value] if _are_records(value) else value
        for name, value in _readable(result).items()
        if name != "warnings"
    }


def _readable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result, or a record in it, with its texts for people visible. What programs use stays as it is."""
    return {**values, **{name: _visible(values[name]) for name in _TEXTS if values.get(name)}}


def _visible(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {name: _visible(each) for name, each in value.items()}
    return [_visible(each) for each in value] if isinstance(value, list) else value


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


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
    return len(values) > _SHOWN and _are_records(values)
