# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor on the wire: a fine estate, the clocks, Entra Connect, and the controller."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from types import SimpleNamespace

import pytest
from doctor_estate import NOW, SERVER, aadsts, dated, examine, ldap_time, only_wrong, refuse, statuses
from estate import Estate
from forest_script import DOMAIN
from ldap_wire import Bind, Done

from ansible_collections.hybrid.identity.plugins.module_utils._module import run_folder
from ansible_collections.hybrid.identity.plugins.modules import preconditions_info

pytestmark = pytest.mark.usefixtures("fine_estate")


def test_a_fine_estate_is_fine_in_every_check_and_nothing_is_written(estate: Estate) -> None:
    result = examine(estate)
    assert {check["status"] for check in result["checks"]} == {"fine"}, result["table"]
    assert [check["name"] for check in result["checks"]] == [
        *("ad_options", "ad_name", "ad_port", "ad_tls", "ad_clock", "ad_sign_in", "ad_forest", "ad_upn_suffixes"),
        *("ad_write_upn_suffixes", "ad_create_users", "ad_write_accounts", "ad_write_consistency_guid"),
        *("entra_options", "entra_reached", "entra_tenant", "entra_sign_in", "entra_consent"),
        *("entra_permissions_accounts", "entra_permissions_hard_match", "entra_permissions_sync"),
        *("entra_permissions_more", "entra_clock", "entra_domains", "entra_administrators"),
        *("connect_server", "connect_export", "connect_scheduler", "connect_source_anchor"),
        *("run_folder", "disk_space"),
    ]
    assert (result["verdict"], result["changed"]) == ("", False)
    assert not any(check["advice"] for check in result["checks"])
    assert estate.directory.writes == []
    assert estate.graph.writes == []
    assert list(estate.folder.iterdir()) == []


def test_nobody_is_named_who_could_be_attacked(estate: Estate) -> None:
    assert "emergency8" not in json.dumps(examine(estate))


def test_only_what_the_stages_need_is_checked(estate: Estate) -> None:
    result = examine(estate, stages=["hard_match"], write_consistency_guid="never")
    names = [check["name"] for check in result["checks"]]
    assert not {"ad_write_upn_suffixes", "ad_create_users", "ad_write_accounts", "ad_write_consistency_guid"} & {*names}
    assert not {"entra_permissions_accounts", "entra_permissions_sync"} & {*names}


@pytest.mark.parametrize("minutes", [-6, 6])
def test_the_clock_of_active_directory_is_off(estate: Estate, minutes: int) -> None:
    estate.directory.time = ldap_time(NOW + timedelta(minutes=minutes))
    wrong = only_wrong(examine(estate))
    assert wrong["name"] == "ad_clock"
    assert "360 s" in wrong["finding"]


def test_the_clock_of_graph_is_off(estate: Estate) -> None:
    estate.graph.answers = lambda _method, path: dated(NOW - timedelta(minutes=6)) if path == "/" else None
    assert only_wrong(examine(estate))["name"] == "entra_clock"


def test_the_clock_of_this_machine_is_off(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preconditions_info, "current_time", lambda: NOW + timedelta(hours=1))
    assert statuses(examine(estate), "wrong") == ["ad_clock", "entra_clock"]


def test_the_clocks_are_compared_also_if_nobody_may_sign_in(estate: Estate) -> None:
    estate.directory.answers = refuse(Bind, Done(49, "data 52e"))
    estate.graph.token_reply = aadsts(7000215, 401)
    assert {"ad_clock", "entra_clock"} <= {*statuses(examine(estate), "fine")}


def test_what_was_read_of_the_servers_is_judged(estate: Estate) -> None:
    staging = {**SERVER, "staging_mode": True}
    assert only_wrong(examine(estate, connect_servers=[staging]))["name"] == "connect_export"
    unread = {"item": "connect1", "unreachable": True, "msg": "Timed out."}
    assert only_wrong(examine(estate, connect_servers=[unread]))["name"] == "connect_server"


def test_a_folder_that_is_not_there(estate: Estate) -> None:
    result = examine(estate, run_folder=str(estate.folder / "gone"))
    wrong = only_wrong(result)
    assert wrong["name"] == "run_folder"
    assert wrong["advice"] == "Create it first."
    assert "disk_space" not in {check["name"] for check in result["checks"]}


def test_a_folder_that_others_may_write_to(estate: Estate) -> None:
    estate.folder.chmod(0o777)
    wrong = only_wrong(examine(estate))
    assert (wrong["name"], "others can write to" in wrong["finding"]) == ("run_folder", True)


def test_a_relative_folder(estate: Estate) -> None:
    assert only_wrong(examine(estate, run_folder="runs"))["advice"] == "Use an absolute path."


def test_a_full_disk(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    state = SimpleNamespace(f_bavail=1, f_frsize=4096)
    monkeypatch.setattr(run_folder.os, "statvfs", lambda _path: state)
    wrong = only_wrong(examine(estate))
    assert (wrong["name"], "has only 0 MiB" in wrong["finding"]) == ("disk_space", True)


def test_a_scope_or_an_exclusion_that_is_wrong_is_a_check(estate: Estate) -> None:
    result = examine(estate, scope={"search_base": f"OU=Staff,{DOMAIN}", "search_filter": "(("})
    assert only_wrong(result)["name"] == "scope"
    assert only_wrong(examine(estate, exclude={"organizational_units": ["Staff"]}))["name"] == "exclude"


def test_check_mode_is_no_different(estate: Estate) -> None:
    assert os.listdir(estate.folder) == []
    assert examine(estate, _ansible_check_mode=True)["verdict"] == ""
    assert os.listdir(estate.folder) == []
