# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-core does that modules, roles and playbooks work around."""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import suppress
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule
from ansible.parsing.splitter import parse_kv
from ansible.release import __version__
from needed import gone
from plays import Play

RECORDS = {"users": {"type": "list", "elements": "dict"}}
SECRET_IN_RECORDS = {"users": {"type": "list", "elements": "dict", "options": {"password": {"no_log": True}}}}


@pytest.fixture(autouse=True)
def module_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have ansible-core take this process for one that runs a module, whatever else was imported."""
    with suppress(ImportError):
        monkeypatch.setattr("ansible.module_utils._internal.is_controller", False, raising=False)


def give(monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any]) -> None:
    """Have the next module find these arguments."""
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)


def users(count: int) -> list[dict[str, str]]:
    return [{"password": f"password-{number}"} for number in range(count)]


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_records_go_to_the_system_log(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda _module, text, log_args=None: logged.append(text))
    give(monkeypatch, {"users": users(1)})
    AnsibleModule(argument_spec=RECORDS)
    assert "password-0" in "".join(logged), gone(
        "AnsibleModule keeps records out of the system's log.", "plugins/modules (no_log=True of the whole module)"
    )


def test_a_secret_sub_option_forbids_every_other_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, {"users": [{"password": "secret", "display_name": "Ann"}]})
    try:
        AnsibleModule(argument_spec=SECRET_IN_RECORDS)
    except SystemExit:
        assert "display_name" in result(capsys)["msg"]
    else:
        pytest.fail(
            gone("A sub-option that is secret leaves other keys alone.", "_module/records_module.py (RecordsModule)")
        )


def test_each_secret_is_sought_in_each_string_of_a_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted and not timed, so that it is the same on any machine."""
    count = 30
    give(monkeypatch, {"users": users(count)})
    module = AnsibleModule(argument_spec=SECRET_IN_RECORDS)
    calls = 0

    def note(_frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "c_call" and argument.__name__ == "replace"

    sys.setprofile(note)
    try:
        module.exit_json(names=[f"user-{number}" for number in range(count)])
    except SystemExit:
        sys.setprofile(None)
    assert len(result(capsys)["names"]) == count
    assert calls >= count * count, gone(
        f"AnsibleModule takes {calls} steps to hide {count} secrets in {count} strings.",
        "_module/records_module.py (RecordsModule)",
    )


def test_all_arguments_come_back_with_the_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # With ANSIBLE_INJECT_INVOCATION, which 2.20 and older have no name for and always do.
    give(monkeypatch, {"users": users(100), "_ansible_inject_invocation": True})
    with pytest.raises(SystemExit):
        AnsibleModule(argument_spec=RECORDS).exit_json()
    arguments = result(capsys).get("invocation", {}).get("module_args", {})
    assert len(arguments.get("users", ())) == 100, gone(
        "AnsibleModule does not hand long lists of arguments back.", "_module/run.py (_invocation)"
    )


def test_warnings_in_a_result_are_deprecated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, {})
    with pytest.raises(SystemExit):
        AnsibleModule(argument_spec={}).exit_json(warnings=["a sentence"])
    assert "warnings" in json.dumps(result(capsys).get("deprecations", "")), gone(
        "AnsibleModule takes warnings as a part of the result.", "_module/run.py (_warned)"
    )


def test_the_text_of_an_exception_is_added_to_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # 2.18 and older do so from verbosity 3 on, newer ones with ANSIBLE_DISPLAY_TRACEBACK.
    give(monkeypatch, {"_ansible_verbosity": 3})
    module = AnsibleModule(argument_spec={})
    with suppress(ImportError):
        reports = importlib.import_module("ansible.module_utils._internal._traceback")
        monkeypatch.setattr(reports, "_is_traceback_enabled", lambda _event: True)
    try:
        raise ValueError("any value")
    except ValueError:
        with pytest.raises(SystemExit):
            module.fail_json(msg="a sentence")
    assert "any value" in result(capsys).get("exception", ""), gone(
        "AnsibleModule shows no text of an exception that is being handled.", "_module/run.py (run)"
    )


def test_defaults_of_a_group_replace_those_of_the_play(play: Play) -> None:
    own = {"group/up.stream.all": {"second": "from the task"}}
    found = play.run(
        {"up.stream.echo": {}, "module_defaults": own, "register": "found"},
        module_defaults={"group/up.stream.all": {"first": "from the play"}},
    )
    assert found["given"] == {"second": "from the task"}, gone(
        f"A group's defaults of a task and of the play are merged: {found['given']}.",
        "roles (module_defaults by the module's own name)",
    )


def test_check_mode_of_a_role_does_not_show(play: Play) -> None:
    seen = {"variable": "{{ ansible_check_mode }}", "skipped": "{{ probe is skipped }}"}
    play.role(
        "checked",
        {"ansible.builtin.command": {"argv": ["true"]}, "register": "probe"},
        {"ansible.builtin.set_fact": {"found": seen}},
    )
    found = play.run({"ansible.builtin.include_role": {"name": "checked", "apply": {"check_mode": True}}})
    assert str(found["skipped"]) == "True"
    assert str(found["variable"]) == "False", gone(
        "ansible_check_mode tells of a check_mode that the caller put on a role.",
        "roles/ad_domain/tasks/samba.yml and windows.yml (the probe)",
    )


def test_a_value_on_the_command_line_ends_at_a_space() -> None:
    """What ansible-playbook makes of -e 'scope=ann, bob'."""
    assert parse_kv("scope=ann, bob")["scope"] == "ann,", gone(
        "A value of -e may hold a space.", "playbooks/clear_immutable_id.yml (the empty name)"
    )


def test_a_backslash_of_a_block_scalar_is_doubled(play: Play) -> None:
    task = {"ansible.builtin.set_fact": {"found": {"length": "{{ '\\\\' | length }}"}}}
    assert int(play.run(task)["length"]) == 2, gone(
        "Ansible reads a backslash inside {{ }} as Jinja does.",
        "roles/entra_connect/vars/main.yml (single backslashes)",
    )


@pytest.mark.oldest
def test_text_that_looks_like_a_list_becomes_one(play: Play) -> None:
    task = {
        "ansible.builtin.set_fact": {"found": {"text": "{{ written is string }}"}},
        "vars": {"written": '{{ \'["a", "b"]\' | trim }}'},
    }
    assert str(play.run(task)["text"]) == "False", gone(
        f"ansible-core {__version__} leaves text as it is.",
        "tests/integration/targets/entra_immutable_id/tasks/guards.yml (from_json)",
    )
