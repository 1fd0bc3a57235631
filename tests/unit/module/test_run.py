# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The skeleton of a module: an exception that nobody expects is a sentence and a trace, and shows no secret."""

from __future__ import annotations

import gc
import importlib
import json
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import (
    IdentityError,
    UnexpectedError,
    telling,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run

SECRET = "s3cret-of-the-directory"

Answered = Callable[[Callable[[], dict[str, Any]]], dict[str, Any]]


@pytest.fixture
def answered(
    give_arguments: Callable[[dict[str, Any]], None],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Answered:
    """The result of a module with this service, as verbose as it can be."""

    def answer(service: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        give_arguments({"_ansible_verbosity": 4})
        module = AnsibleModule(argument_spec={})
        with suppress(ImportError):  # ansible-core 2.18 and older need only the verbosity
            reports = importlib.import_module("ansible.module_utils._internal._traceback")
            monkeypatch.setattr(reports, "_is_traceback_enabled", lambda _event: True)
        with pytest.raises(SystemExit):
            run(module, (), service, lambda: {"waited_seconds": 1})
        printed = capfd.readouterr()
        assert SECRET not in printed.out + printed.err
        return dict(json.loads(printed.out.strip().splitlines()[-1]))

    return answer


def careless() -> dict[str, Any]:
    known: dict[str, Any] = {}
    try:
        return {"users": known[SECRET]}
    except KeyError as error:
        raise ValueError(SECRET) from error


def test_an_exception_is_a_sentence_and_a_trace(answered: Answered) -> None:
    result = answered(careless)
    assert (result["failed"], result["cause"], result["waited_seconds"]) == (True, "unexpected", 1)
    assert result["msg"].startswith("The task stopped because of an unexpected exception (ValueError). Report")
    kinds = [line for line in result["trace"] if ":" not in line]
    assert kinds == ["KeyError", "ValueError"]
    assert any(line.endswith(" in careless") and "test_run.py:" in line for line in result["trace"])


def test_what_was_done_stays_in_the_result(answered: Answered) -> None:
    def service() -> dict[str, Any]:
        with telling(lambda: {"changed": True, "users": [{"status": "set"}]}):
            return careless()

    result = answered(service)
    assert (result["changed"], result["users"], result["failed"]) == (True, [{"status": "set"}], True)
    assert result["trace"]


def test_an_error_of_ours_has_no_trace(answered: Answered) -> None:
    def service() -> dict[str, Any]:
        raise IdentityError("Do this.", cause="input")

    result = answered(service)
    assert (result["msg"], result["cause"]) == ("Do this.", "input")
    assert "trace" not in result


def test_an_error_of_ours_is_not_wrapped() -> None:
    with pytest.raises(IdentityError, match="Do this") as caught, telling():
        raise IdentityError("Do this.")
    assert not isinstance(caught.value, UnexpectedError)


class Response:
    """An object that holds itself, as a response of httpx does through its request and its stream."""

    def __init__(self) -> None:
        self.itself = self


def test_what_the_libraries_leave_behind_does_not_pile_up(answered: Answered) -> None:
    before = gc.get_threshold()

    def service() -> dict[str, Any]:
        gc.collect()
        left = [weakref.ref(Response()) for _number in range(100_000)]
        return {"alive": sum(each() is not None for each in left), "kept": gc.get_threshold()[1]}

    result = answered(service)
    assert result["alive"] < 50_000
    # Objects that have outlived one look are not looked at again.
    assert result["kept"] > 10**9
    assert gc.get_threshold() == before
