# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module's result says to people cannot forge a line; what programs use comes as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from hypothesis import given
from support.module_answers import read_answer
from support.nasty_text import FORGED, INVISIBLE, NASTY_TEXT

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.diffs import (
    ValueChange,
    list_diff,
    users_diff,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.visible import LONGEST, visible
from ansible_collections.hybrid.identity.plugins.module_utils._module import run as skeleton

Answer = Callable[..., dict[str, Any]]
RECORD = {"user_principal_name": FORGED, "before": FORGED, "after": FORGED, "status": "set", "id": FORGED}


@pytest.fixture
def answer(
    give_arguments: Callable[[dict[str, Any]], None],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Answer:
    """Run a service and return what its module prints, and as ``warned`` what it warns of.

    Ansible itself keeps the warnings of all modules that run in a process.
    """
    warned: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: warned.append(text))

    def run(service: Callable[[], dict[str, Any]], **facts: Any) -> dict[str, Any]:
        give_arguments({"_ansible_diff": True, "_ansible_remote_tmp": "/tmp"})
        with pytest.raises(SystemExit):
            skeleton.run(AnsibleModule(argument_spec={}), (), service, lambda: facts)
        written = capfd.readouterr()
        return {**read_answer(written.err + written.out)[0], "warned": warned}

    return run


def test_a_result(answer: Answer) -> None:
    users = [{**RECORD, "reason": FORGED, "left_out": {"manager": FORGED}}, {**RECORD, "reason": None}]
    result = answer(
        lambda: {"changed": True, "users": users, "verdict": FORGED, "warnings": [FORGED]},
        notes=[FORGED],
        lookup={"a": 1},
    )
    assert result["users"] == [
        {**RECORD, "reason": visible(FORGED), "left_out": {"manager": visible(FORGED)}},
        {**RECORD, "reason": None},
    ]
    assert (result["verdict"], result["notes"], result["lookup"]) == (visible(FORGED), [visible(FORGED)], {"a": 1})
    assert result["warned"] == [visible(FORGED)]


def test_a_failure(answer: Answer) -> None:
    def fail() -> dict[str, Any]:
        raise IdentityError(f"{FORGED}{'x' * 10_000}", users=[{**RECORD, "reason": FORGED}], warnings=[FORGED])

    result = answer(fail, notes=[FORGED])
    assert not set(result["msg"]) & INVISIBLE
    assert len(result["msg"]) == LONGEST
    assert result["users"] == [{**RECORD, "reason": visible(FORGED)}]
    assert result["notes"] == [visible(FORGED)]
    assert result["warned"] == [visible(FORGED)]


@given(NASTY_TEXT)
def test_each_value_is_one_line_of_a_diff(name: str) -> None:
    diff = list_diff(name, [name, "b"], [name])
    assert not INVISIBLE & set(diff["before_header"] + diff["after_header"])
    assert (diff["before"].splitlines(), diff["after"].splitlines()) == ([visible(name), "b"], [visible(name)])
    user = ValueChange(f"x{name}", before=None, after=name)
    rows = users_diff("onPremisesImmutableId", [user, user])
    assert (len(rows["before"].splitlines()), len(rows["after"].splitlines())) == (2, 2)
    assert not INVISIBLE - {"\n"} & set(json.dumps(rows, ensure_ascii=False))
