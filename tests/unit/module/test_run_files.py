# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files a task gets if it names none, and in which folder."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._module.run_host import VARIABLE, run_host
from ansible_collections.hybrid.identity.plugins.plugin_utils.run_files import default_files, host_folder, uses_files

PLAN, RESULT, PROOF = "hard_match-plan.jsonl", "hard_match-result.jsonl", "proof.jsonl"
USERS = "accounts-users.jsonl"


@pytest.mark.parametrize(
    ("module", "given", "missing"),
    [
        ("match_plan", {}, {"plan_file": PLAN}),
        ("match_plan", {"plan_file": None}, {"plan_file": PLAN}),
        ("match_plan", {"plan_file": "/own"}, {}),
        ("match_apply", {}, {"plan_file": PLAN, "result_file": RESULT}),
        ("match_apply", {"plan_file": "/own"}, {"result_file": RESULT}),
        ("match_report", {"html": "/page"}, {"file": PLAN}),
        ("match_report", {"file": "/own"}, {}),
        ("entra_sync_info", {}, {"result_file": RESULT, "save_to": PROOF}),
        ("entra_sync_info", {"users": []}, {}),
        ("entra_sync_info", {"identities": ["adele@contoso.com"]}, {}),
        ("entra_user_info", {}, {"save_to": USERS}),
        ("entra_user_info", {"identities": ["adele@contoso.com"]}, {}),
        (
            "ad_user",
            {},
            {"users_file": USERS, "plan_file": "accounts-plan.jsonl", "result_file": "accounts-result.jsonl"},
        ),
        ("ad_user", {"users": []}, {}),
        ("entra_immutable_id", {"user": "adele@contoso.com"}, {}),
    ],
)
def test_files_that_a_task_leaves_out(module: str, given: dict[str, Any], missing: dict[str, str]) -> None:
    assert default_files(module, given) == missing


@pytest.mark.parametrize(
    ("module", "given", "uses"),
    [
        ("entra_sync_info", {"users": [], "save_to": "/own"}, True),
        ("entra_sync_info", {"users": [], "save_to": None}, False),
        ("entra_user_info", {"identities": ["adele@contoso.com"]}, False),
        ("entra_immutable_id", {"user": "adele@contoso.com"}, False),
    ],
)
def test_tasks_that_name_files(module: str, given: dict[str, Any], uses: bool) -> None:
    assert uses_files(module, given) is uses


@pytest.mark.parametrize(
    ("host", "readable"),
    [
        ("dc1.contoso.com", "dc1-contoso-com-"),
        ("dc1-contoso-com", "dc1-contoso-com-"),
        ("DC1.contoso.com", "DC1-contoso-com-"),
        ("../../etc", "etc-"),
        ("a" * 300, "a" * 40 + "-"),
        ("münchen", "m-nchen-"),
        ("..", ""),
        ("", ""),
    ],
)
def test_the_folder_of_a_host(host: str, readable: str) -> None:
    assert re.fullmatch(re.escape(readable) + "[0-9a-f]{12}", host_folder(host))


def test_no_two_hosts_share_a_folder() -> None:
    hosts = ["dc1.contoso.com", "dc1-contoso-com", "dc1_contoso_com", "DC1.contoso.com", "..", "", "a" * 300, "a" * 301]
    assert len({host_folder(host).lower() for host in hosts}) == len(hosts)


def test_a_module_without_the_action_plugin_runs_for_localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert run_host() == "localhost"
    monkeypatch.setenv(VARIABLE, "dc1.contoso.com")
    assert run_host() == "dc1.contoso.com"
