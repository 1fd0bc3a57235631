# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which permissions each stage needs: the table of the code is the one that people read in README.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.checks import (
    ACCOUNTS,
    FINE,
    HARD_MATCH,
    STAGES,
    SYNC,
    UNKNOWN,
    UPN_SUFFIXES,
    WRONG,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.permissions import (
    APP,
    DELEGATED,
    SIGNED_IN_USER,
    TABLE,
    Granted,
    check_consent,
    check_permissions,
    has,
)

README = Path(__file__).resolve().parents[4] / "README.md"
EVERYTHING = frozenset(each for row in TABLE for each in row.permissions)


def statuses(granted: Granted, *stages: str) -> dict[str, str]:
    return {check.name.removeprefix("entra_permissions_"): check.status for check in check_permissions(granted, stages)}


def test_the_readme_has_the_same_table() -> None:
    text = README.read_text("utf-8").partition("## Permissions")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| Entra, application permissions? \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert [tuple(re.findall(r"`([^`]+)`", names)) for names, _why in rows] == [row.permissions for row in TABLE]
    for (_names, why), row in zip(rows, TABLE, strict=True):
        # A row that names stages names all of them, and no others.
        named = set(re.findall(r"`([a-z_]+)`", why)) & {ACCOUNTS, SYNC}
        assert named == set(row.stages) & {ACCOUNTS, SYNC}, why


def test_each_permission_is_in_one_row_and_each_stage_is_known() -> None:
    names = [each for row in TABLE for each in row.permissions]
    assert len(names) == len(set(names))
    assert {stage for row in TABLE for stage in row.stages} <= set(STAGES)


def test_with_all_permissions_everything_is_fine() -> None:
    found = check_permissions(Granted(APP, EVERYTHING), STAGES)
    assert [(check.status, check.advice) for check in found] == [(FINE, "")] * 4
    assert check_permissions(Granted(APP, EVERYTHING), [UPN_SUFFIXES]) == []


@pytest.mark.parametrize(
    ("lacking", "wrong"),
    [
        ({"User.ReadWrite.All"}, {HARD_MATCH}),
        ({"User.ReadWrite.All", "User.Read.All"}, {ACCOUNTS, HARD_MATCH, SYNC}),
        ({"GroupMember.Read.All"}, {HARD_MATCH}),
        ({"OrgContact.Read.All"}, {HARD_MATCH}),
        ({"User.DeleteRestore.All"}, set()),
    ],
)
def test_a_lacking_permission_is_wrong_for_the_stages_that_need_it(lacking: set[str], wrong: set[str]) -> None:
    granted = Granted(APP, EVERYTHING - lacking)
    assert {name for name, status in statuses(granted, *STAGES).items() if status == WRONG} == wrong
    for check in check_permissions(granted, STAGES):
        if check.status == WRONG:
            named = {each for each in lacking if each in check.advice}
            assert named
            assert check.advice.startswith("Grant the app the application permission")


def test_a_permission_that_a_run_can_do_without_is_unknown() -> None:
    checks = {
        check.name: check for check in check_permissions(Granted(APP, EVERYTHING - {"MailboxSettings.Read"}), STAGES)
    }
    more = checks["entra_permissions_more"]
    assert more.status == UNKNOWN
    assert "shared and room mailboxes with a licence count as people" in more.finding
    # Nobody asks for it without that stage.
    assert statuses(Granted(APP, EVERYTHING - {"MailboxSettings.Read"}), HARD_MATCH)["more"] == FINE


@pytest.mark.parametrize(
    ("lacking", "says", "not_says"),
    [
        ("Application.Read.All", "who owns the app", "source of authority"),
        ("User-OnPremisesSyncBehavior.ReadWrite.All", "source of authority", "who owns the app"),
    ],
)
def test_an_optional_permission_is_reported_only_with_what_it_is_for(lacking: str, says: str, not_says: str) -> None:
    more = check_permissions(Granted(APP, EVERYTHING - {lacking}), [HARD_MATCH])[-1]
    assert more.finding.startswith(f"The token lacks the optional permission {lacking}: ")
    assert says in more.finding
    assert not_says not in more.finding


@pytest.mark.parametrize(
    ("higher", "lower"),
    [
        ("User.ReadWrite.All", "User.Read.All"),
        ("Directory.Read.All", "Domain.Read.All"),
        ("RoleManagement.Read.Directory", "RoleEligibilitySchedule.Read.Directory"),
        ("Group.Read.All", "GroupMember.Read.All"),
    ],
)
def test_a_higher_permission_includes_a_lower_one(higher: str, lower: str) -> None:
    assert has(Granted(APP, frozenset({higher})), lower)
    assert not has(Granted(APP, frozenset({lower})), higher)


def test_reading_everything_does_not_write() -> None:
    assert not has(Granted(APP, frozenset({"Directory.Read.All"})), "User.ReadWrite.All")


def test_with_the_rights_of_a_person_nobody_knows() -> None:
    checks = check_permissions(Granted(DELEGATED, frozenset({SIGNED_IN_USER})), [HARD_MATCH])
    assert checks[0].status == UNKNOWN
    assert "unless the roles of the signed-in user allow it" in checks[0].finding
    # Without that permission, what is missing is missing.
    assert check_permissions(Granted(DELEGATED, frozenset({"User.Read.All"})), [HARD_MATCH])[0].status == WRONG


def test_a_token_without_permissions_shows_that_nobody_consented() -> None:
    assert check_consent(Granted(APP, EVERYTHING), "t").status == FINE
    found = check_consent(Granted(APP, frozenset()), "t")
    assert found.status == WRONG
    assert "admin consent is missing" in found.finding
