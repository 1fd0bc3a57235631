# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the doctor decides from what was read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.values import MANAGER, WRITTEN
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.checks import (
    FINE,
    UNKNOWN,
    WRONG,
    Check,
    by_error,
    fine,
    table,
    unknown,
    verdict,
    wrong,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.clock import check_clock
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.connect_server import (
    check_connect,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.directory import (
    Rights,
    check_anchor_right,
    check_forest,
    check_suffixes,
    check_values_right,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.network import (
    NO_NAME_SERVER,
    NO_WAY,
    REFUSED,
    TIMED_OUT,
    UNKNOWN_NAME,
    Certificate,
    Probe,
    check_probe,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.run_folder import (
    LEAST,
    PER_USER,
    check_folder,
    check_space,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.tenant import (
    Administrator,
    check_administrators,
    check_domains,
    check_refused,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ALL = ("upn_suffixes", "accounts", "hard_match", "sync")
FINE_SERVER: dict[str, Any] = {
    "item": "connect1",
    "configured": True,
    "staging_mode": False,
    "source_anchor": "mS-DS-ConsistencyGuid",
    "scheduler": {"sync_cycle_enabled": True, "scheduler_suspended": False},
}


def by_status(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.status for check in checks}


def test_an_error_is_divided_into_what_is_wrong_and_what_to_do() -> None:
    found = by_error("x", "There is no tenant t; check tenant; or cloud. (AADSTS90002)")
    assert (found.finding, found.advice) == ("There is no tenant t.", "Check tenant; or cloud. (AADSTS90002)")
    found = by_error("x", "App a is not in contoso.com. Give consent. Then run again.")
    assert (found.finding, found.advice) == ("App a is not in contoso.com.", "Give consent. Then run again.")
    assert by_error("x", "Something broke.").advice


def test_the_table_shows_what_to_do_below_each_line_and_no_control_characters() -> None:
    lines = table([fine("a", "A works."), wrong("long", "B\x1b[2J is\nwrong.", "Do it.")])
    assert lines == [
        "fine     a     A works.",
        "wrong    long  B\\x1b[2J is\\nwrong.",
        "               -> Do it.",
    ]


def test_the_verdict_names_only_what_is_wrong() -> None:
    assert verdict([fine("a", ""), unknown("b", "", "x")]) == ""
    said = verdict([wrong("c", "", "x"), wrong("c", "", "x"), wrong("d", "", "x"), unknown("b", "", "x")])
    assert "c, d" in said
    assert "b" not in said.split()


@pytest.mark.parametrize(
    ("seconds", "status", "word"),
    [(0, FINE, ""), (299, FINE, ""), (-300, FINE, ""), (301, WRONG, "ahead of"), (-301, WRONG, "behind")],
)
def test_clocks_may_differ_by_five_minutes(seconds: int, status: str, word: str) -> None:
    found = check_clock("ad_clock", "dc1", NOW, NOW + timedelta(seconds=seconds))
    assert found.status == status
    assert word in found.finding
    assert str(abs(seconds)) in found.finding


@pytest.mark.parametrize(
    ("fault", "failed", "words"),
    [
        ({"name_fault": UNKNOWN_NAME}, "ad_name", "DNS does not know dc1."),
        ({"name_fault": NO_NAME_SERVER}, "ad_name", "no name server answered"),
        ({"port_fault": REFUSED}, "ad_port", "dc1:636 refuses the connection"),
        ({"port_fault": TIMED_OUT}, "ad_port", "dc1:636 did not answer within 5 s."),
        ({"port_fault": NO_WAY}, "ad_port", "no route to dc1:636"),
        ({"tls_error": "The certificate of dc1:636 is not trusted; give ca_cert."}, "ad_tls", "is not trusted"),
        ({"is_checked": False}, "ad_tls", "cert_validation is ignore"),
    ],
)
def test_one_fault_on_the_way_is_the_only_thing_that_is_wrong(fault: Any, failed: str, words: str) -> None:
    checks = check_probe(Probe("dc1", 636, addresses=("192.0.2.1",), **fault), 5, NOW)
    assert [check.name for check in checks] == ["ad_name", "ad_port", "ad_tls"]
    (found,) = (check for check in checks if check.status == WRONG)
    assert found.name == failed
    assert words in found.finding
    place = [check.name for check in checks].index(failed)
    assert [check.status for check in checks[:place]] == [FINE] * place
    assert {check.status for check in checks[place + 1 :]} <= {UNKNOWN}


def test_the_certificate_is_described_whether_it_is_trusted_or_not() -> None:
    certificate = Certificate("CN=dc1", "CN=Our CA", NOW + timedelta(days=12))
    for error, status in ((None, FINE), ("It is not trusted; give ca_cert.", WRONG)):
        found = check_probe(Probe("dc1", 636, tls_error=error, certificate=certificate), 5, NOW)[2]
        assert found.status == status
        assert "(of CN=dc1, signed by CN=Our CA, ends on 2026-12-12, in 12 days)." in found.finding
    old = Certificate("CN=dc1", "CN=Our CA", NOW - timedelta(days=2))
    found = check_probe(Probe("dc1", 636, tls_error="It has expired; renew it.", certificate=old), 5, NOW)[2]
    assert "ended on 2026-11-28, 2 days ago" in found.finding


def test_other_domains_of_the_forest_are_told_and_not_wrong() -> None:
    assert "only domain" in check_forest(["AD.contoso.com"], "ad.contoso.com").finding
    found = check_forest(["ad.contoso.com", "eu.contoso.com"], "ad.contoso.com")
    assert found.status == FINE
    assert "eu.contoso.com" in found.finding


@pytest.mark.parametrize(
    ("stages", "status"),
    [(["upn_suffixes", "hard_match"], FINE), (["hard_match"], WRONG), (["accounts"], WRONG), (["sync"], FINE)],
)
def test_a_missing_suffix_is_wrong_if_nobody_adds_it(stages: list[str], status: str) -> None:
    assert check_suffixes(["contoso.com"], [], ["ad.contoso.com"], stages).status == status
    assert check_suffixes(["Contoso.com"], ["contoso.com"], ["ad.contoso.com"], stages).status == FINE


KNOWN = frozenset({"ms-ds-consistencyguid", "mail", "title", "whencreated"})


@pytest.mark.parametrize(
    ("users", "status"),
    [
        ([], UNKNOWN),
        ([Rights("CN=a", KNOWN, KNOWN)], FINE),
        ([Rights("CN=a", KNOWN, KNOWN), Rights("CN=b", KNOWN, frozenset({"mail"}))], WRONG),
        ([Rights("CN=a")], UNKNOWN),
    ],
)
def test_the_anchor_must_be_writable_on_all_who_were_looked_at(users: list[Rights], status: str) -> None:
    found = check_anchor_right(users)
    assert found.status == status
    if status == WRONG:
        assert "of 1 user, such as CN=b (users checked: 2)" in found.finding
        assert "CN=b" in found.finding


def test_of_the_values_of_accounts_only_those_count_that_are_written() -> None:
    # whenCreated is nobody's to write, and mS-DS-ConsistencyGuid is written by another stage.
    assert check_values_right("OU=x", [Rights("CN=a", KNOWN, frozenset({"mail", "title"}))]).status == FINE
    found = check_values_right("OU=x", [Rights("CN=a", KNOWN, frozenset({"mail"}))])
    assert found.status == WRONG
    assert "may not write title of 1 account below OU=x, such as CN=a (accounts checked: 1)" in found.finding
    assert check_values_right("OU=x", []).status == UNKNOWN


def test_of_the_values_of_accounts_all_count_that_are_written() -> None:
    """A country is three attributes; a user principal name is given once, when the account is made."""
    written = frozenset(each.lower() for each in (*WRITTEN, MANAGER))
    known = written | {"userprincipalname", "samaccountname", "useraccountcontrol"}
    assert check_values_right("OU=x", [Rights("CN=a", known, written)]).status == FINE
    for each in written:
        found = check_values_right("OU=x", [Rights("CN=a", known, written - {each})])
        assert f"may not write {each} of" in found.finding.lower()


def test_a_server_that_shows_no_attributes_proves_nothing() -> None:
    assert check_values_right("OU=x", [Rights("CN=a")]).status == UNKNOWN


@pytest.mark.parametrize(
    ("cause", "wrong_one", "fine_ones"),
    [
        ("unreachable", "entra_reached", set()),
        ("untrusted_certificate", "entra_reached", set()),
        ("unknown_tenant", "entra_tenant", {"entra_reached"}),
        ("app_not_in_tenant", "entra_consent", {"entra_reached", "entra_tenant"}),
        ("invalid_secret", "entra_sign_in", {"entra_reached", "entra_tenant"}),
        ("expired_secret", "entra_sign_in", {"entra_reached", "entra_tenant"}),
        ("unknown_app", "entra_sign_in", {"entra_reached", "entra_tenant"}),
        ("sign_in_failed", "entra_sign_in", set()),
    ],
)
def test_a_refused_sign_in_is_one_thing_that_is_wrong(cause: str, wrong_one: str, fine_ones: set[str]) -> None:
    found = check_refused(cause, "It failed; correct it.")
    assert set(by_status(found)) == {"entra_reached", "entra_tenant", "entra_sign_in", "entra_consent"}
    assert {check.name for check in found if check.status == WRONG} == {wrong_one}
    assert {check.name for check in found if check.status == FINE} == fine_ones


def test_domains_are_compared_as_entra_compares_them() -> None:
    assert check_domains(["Contoso.com"], ["contoso.com"], ["contoso.com"]).status == FINE
    assert "not verified local.lan" in check_domains(["contoso.com"], ["contoso.com"], ["local.lan"]).finding
    found = check_domains(["contoso.com", "fabrikam.com"], ["contoso.com"], [])
    assert found.status == WRONG
    assert "has not verified fabrikam.com" in found.finding


def administrator(number: int, **changes: Any) -> Administrator:
    return Administrator(
        **{
            "user_principal_name": f"a{number}@x",
            "is_cloud_only": True,
            "is_enabled": True,
            "is_in_scope": False,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("second", "status"),
    [
        ({}, FINE),
        ({"is_cloud_only": False}, WRONG),
        ({"is_enabled": False}, WRONG),
        ({"is_in_scope": True}, WRONG),
        ({"is_in_scope": None}, UNKNOWN),
    ],
)
def test_two_administrators_must_stay_whatever_a_run_does(second: dict[str, Any], status: str) -> None:
    found = check_administrators([administrator(1), administrator(2, **second)])
    assert found.status == status
    # Counted, not named.
    assert "@x" not in found.finding + found.advice
    assert re.search(r"^Global Administrators who are enabled.*: [12] of 2\.", found.finding)


@pytest.mark.parametrize(
    ("changes", "statuses"),
    [
        ({}, (FINE, FINE, FINE, FINE)),
        ({"configured": None, "msg": "unreachable"}, (WRONG, UNKNOWN, UNKNOWN, UNKNOWN)),
        ({"configured": False}, (WRONG, UNKNOWN, UNKNOWN, UNKNOWN)),
        ({"staging_mode": True}, (FINE, WRONG, UNKNOWN, FINE)),
        ({"staging_mode": None}, (FINE, UNKNOWN, UNKNOWN, FINE)),
        ({"scheduler": None}, (FINE, FINE, UNKNOWN, FINE)),
        ({"scheduler": {"sync_cycle_enabled": False}}, (FINE, FINE, WRONG, FINE)),
        ({"scheduler": {"sync_cycle_enabled": True, "scheduler_suspended": True}}, (FINE, FINE, WRONG, FINE)),
        ({"source_anchor": "employeeID"}, (FINE, FINE, FINE, WRONG)),
        ({"source_anchor": "objectGUID"}, (FINE, FINE, FINE, FINE)),
        ({"source_anchor": None}, (FINE, FINE, FINE, UNKNOWN)),
    ],
)
def test_one_thing_wrong_with_a_server_is_one_check(changes: dict[str, Any], statuses: tuple[str, ...]) -> None:
    checks = check_connect([{**FINE_SERVER, **changes}], ALL, "auto")
    assert tuple(check.status for check in checks) == statuses
    assert all(bool(check.advice) == (check.status != FINE) for check in checks)


def test_staging_mode_is_wrong_only_if_the_run_needs_an_export() -> None:
    """A new server must stay in staging mode until the users are hard-matched."""
    server = {**FINE_SERVER, "staging_mode": True}
    (wrong_export,) = (check for check in check_connect([server], ALL, "auto") if check.status == WRONG)
    assert "keep staging mode on and leave out the stage sync" in wrong_export.advice
    assert set(by_status(check_connect([server], ["upn_suffixes", "hard_match"], "auto")).values()) == {FINE}
    unread = by_status(check_connect([server, {**server, "staging_mode": None}], ["hard_match"], "auto"))
    assert unread["connect_export"] == UNKNOWN


def test_a_server_that_could_not_be_asked_has_only_a_message() -> None:
    (found, *_rest) = check_connect([{"item": "connect1", "unreachable": True, "msg": "Timed out."}], ALL, "auto")
    assert found.finding == "connect1 could not be read: Timed out."


def test_servers_must_agree() -> None:
    second = {**FINE_SERVER, "item": "connect2", "staging_mode": True}
    assert {check.status for check in check_connect([FINE_SERVER, second], ALL, "auto")} == {FINE}
    exporting = by_status(check_connect([FINE_SERVER, {**second, "staging_mode": False}], ALL, "auto"))
    assert [name for name, status in exporting.items() if status == WRONG] == ["connect_export"]
    anchors = by_status(check_connect([FINE_SERVER, {**second, "source_anchor": "objectGUID"}], ALL, "auto"))
    assert [name for name, status in anchors.items() if status == WRONG] == ["connect_source_anchor"]
    other = by_status(check_connect([FINE_SERVER], ALL, "objectGUID"))
    assert [name for name, status in other.items() if status == WRONG] == ["connect_source_anchor"]


def test_without_a_server_one_line_says_so_if_a_stage_needs_one() -> None:
    assert by_status(check_connect([], ALL, "auto")) == {"connect_server": UNKNOWN}
    assert check_connect([], ["upn_suffixes", "accounts"], "auto") == []


@pytest.mark.parametrize(
    ("free", "users", "status"),
    [
        (LEAST, 0, FINE),
        (LEAST - 1, 0, WRONG),
        (LEAST, None, FINE),
        (PER_USER * 50_000, 50_000, FINE),
        (PER_USER * 50_000 - 1, 50_000, WRONG),
        (None, 1, UNKNOWN),
    ],
)
def test_the_space_must_do_for_all_users(free: int | None, users: int | None, status: str) -> None:
    assert check_space("/runs", free, users).status == status


def test_a_folder_is_needed() -> None:
    assert check_folder(None, None).status == UNKNOWN
    assert check_folder("/runs", None).status == FINE
    assert check_folder("/runs", "It is not there; make it.").status == WRONG
