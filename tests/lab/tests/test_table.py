# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the table of the demo says of each user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.demo.table import Run, table

DOMAINS = ["contoso.com", "fabrikam.com"]


def _user(upn: str, status: str, reason: str | None = None) -> dict[str, str | None]:
    return {"user_principal_name": upn, "status": status, "reason": reason}


FIRST = Run(
    accounts=[_user("ada@contoso.com", "created"), _user("bob@contoso.com", "refused", "The name is taken.")],
    users=[_user("ada@contoso.com", "set"), _user("carla@contoso.com", "refused", "not this time")],
    proof=[_user("ada@contoso.com", "verified"), _user("carla@contoso.com", "skipped")],
    changed=["Make the accounts"],
)
SECOND = Run(
    accounts=[_user("bob@contoso.com", "refused", "The name is taken.")],
    users=[
        _user("ada@contoso.com", "unchanged"),
        _user("carla@contoso.com", "refused", "carla@contoso.com is an administrator."),
    ],
    proof=[_user("ada@contoso.com", "brand_new", "Nobody knows."), _user("carla@contoso.com", "skipped")],
    changed=[],
)
BEFORE: Sequence[Mapping[str, Any]] = [
    {"userPrincipalName": "Ada@contoso.com"},
    {"userPrincipalName": "bob@contoso.com"},
    {"userPrincipalName": "dan@contoso.com", "deletedDateTime": "2026-11-01"},
    {"userPrincipalName": "eve#EXT#@contoso.com", "userType": "Guest"},
    {"userPrincipalName": "fay@contoso.com", "onPremisesSyncEnabled": True},
    {"userPrincipalName": "gus@contoso.com", "onPremisesSyncEnabled": False},
    {"userPrincipalName": "hal@elsewhere.com", "onPremisesSyncEnabled": None},
]


def test_each_outcome_is_counted_for_both_runs() -> None:
    counted = [line.rsplit(maxsplit=2) for line in table(FIRST, SECOND, BEFORE, DOMAINS) if line.startswith("  ")]
    assert [row for row in counted if row[-1].isdigit()] == [
        ["  created", "1", "0"],
        ["  refused", "1", "1"],
        ["  matched", "1", "0"],
        ["  already matched", "0", "1"],
        ["  refused", "1", "1"],
        ["  verified in Entra ID", "1", "0"],
        ["  not hard-matched", "1", "1"],
        ["  brand new", "0", "1"],
    ]


def test_who_was_left_alone_is_named_once_with_the_reason() -> None:
    lines = table(FIRST, SECOND, BEFORE, DOMAINS)
    assert lines[lines.index("Cloud users without an account (6)") - 1 :] == [
        "",
        "Cloud users without an account (6)",
        "  bob@contoso.com: The name is taken.",
        "  dan@contoso.com: deleted, and still in the recycle bin",
        "  eve#EXT#@contoso.com: a guest",
        "  fay@contoso.com: synchronised already",
        "  gus@contoso.com: synchronised in the past",
        "  hal@elsewhere.com: in none of the domains contoso.com, fabrikam.com",
        "",
        "Accounts that are not matched (1)",
        "  carla@contoso.com is an administrator.",
        "",
        "Matched accounts that Entra ID does not show yet (1)",
        "  ada@contoso.com: Nobody knows.",
    ]


def test_a_section_without_users_is_left_out() -> None:
    fine = Run(accounts=[_user("ada@contoso.com", "created")], users=[], proof=[], changed=[])
    assert not [line for line in table(fine, fine, BEFORE[:1], DOMAINS) if "(" in line]
