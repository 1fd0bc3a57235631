# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_sync_info as Ansible calls it: arguments in, JSON out."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from scripted_graph import ScriptedGraph, found, object_id, user

MODULE = "ansible_collections.hybrid.identity.plugins.modules.entra_sync_info"
Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(options: dict[str, Any], give_arguments: Callable[[dict[str, Any]], None], capsys: Any) -> Call:
    """Run the module against the scripted server and return what it prints."""
    module = importlib.import_module(MODULE)

    def run(check: bool = False, **arguments: Any) -> dict[str, Any]:
        given = {**options, **arguments, "_ansible_check_mode": check, "_ansible_remote_tmp": "/tmp"}
        given = {name: value for name, value in given.items() if value is not None}
        give_arguments(given)
        with pytest.raises(SystemExit):
            module.main()
        return dict(json.loads(capsys.readouterr().out))

    return run


def answered(number: int) -> dict[str, Any]:
    stamps: dict[str, Any] = {"onPremisesSyncEnabled": True, "onPremisesLastSyncDateTime": "2026-11-24T06:00:00Z"}
    return user(
        number,
        immutable_id="eA==",
        **stamps,
        onPremisesProvisioningErrors=[],
        onPremisesSecurityIdentifier="S-1-5-21-1-2-3-4",
    )


@pytest.mark.parametrize("check", [False, True])
def test_identities(graph: ScriptedGraph, call: Call, check: bool) -> None:
    graph.expect_batch(found(answered(1), answered(2)), found(answered(1), answered(2)), found())
    result = call(check=check, identities=[object_id(1).upper(), "User2@contoso.com"])
    assert result["changed"] is False
    assert [each["status"] for each in result["users"]] == ["verified", "verified"]
    assert result["users"][1]["user_principal_name"] == "User2@contoso.com"


def test_a_failure_holds_the_whole_result(graph: ScriptedGraph, call: Call) -> None:
    graph.expect_batch(found(), found())
    result = call(identities=["nobody@contoso.com"], fail_on="errors")
    assert result["failed"] is True
    assert result["msg"].startswith("nobody@contoso.com is not among the active cloud users")
    assert (result["users"][0]["status"], result["summary"]["not_found"], result["changed"]) == ("not_found", 1, False)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "one of the following is required: users, identities"),
        ({"users": [], "identities": []}, "mutually exclusive"),
        ({"identities": ["a@contoso.com"], "since": "now"}, "is not a time in UTC; write it as 2026-11-24T06:20:26Z"),
        ({"identities": ["a@contoso.com"], "poll_interval": 0}, "poll_interval"),
        ({"identities": [""]}, "neither a UPN"),
    ],
)
def test_input(call: Call, arguments: dict[str, Any], text: str) -> None:
    result = call(**arguments)
    assert result["failed"] is True
    assert text in result["msg"]
