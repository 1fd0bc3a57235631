# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reviewed plan of accounts and one of matches: the chain makes and matches exactly whom both show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts import SUFFIX as UNVERIFIED
from accounts import choices, crowd, unit
from outside import Control, Directory, Graph, expected_immutable_id

from playbooks import Ansible

SUFFIX = "sub.fabrikam.com"
OLD, NEW, LATE = 3, 6, 8
"""How many people have accounts at first, how many are there when the plans are made, and how many afterwards."""


def people(count: int) -> list[dict[str, Any]]:
    """Cloud users with a suffix that the tenant has verified."""
    names = ("userPrincipalName", "mail")
    return [{**each, **{name: each[name].replace(UNVERIFIED, SUFFIX) for name in names}} for each in crowd(count)]


@pytest.fixture
def path(control: Control, directory: Directory, fresh: None) -> Iterator[str]:
    directory.add_suffixes(SUFFIX)
    control("POST", "users", people(OLD))
    with unit(directory, "Reviewed") as dn:
        yield dn


@pytest.mark.once
def test_accounts_and_matches_that_two_plans_show(
    ansible: Ansible, control: Control, directory: Directory, graph: Graph, path: str, tmp_path: Path
) -> None:
    scope = {"hybrid_identity_domains": [SUFFIX], "accounts_scope": {"upn_suffixes": [SUFFIX]}}
    accounts = choices(path, tmp_path, **scope)
    first = ansible.playbook("hybrid.identity.accounts", variables=accounts)
    assert first.code == 0, first.failure
    control("POST", "users", people(NEW)[OLD:])

    chosen = {
        **accounts,
        "hard_match_scope": {"search_base": path},
        "hybrid_identity_stages": ["accounts", "hard_match"],
    }
    planned = ansible.playbook("hybrid.identity.site", "--check", variables=chosen)
    assert planned.code == 0, planned.failure
    given = {**planned.hand_over(tmp_path, "accounts"), **planned.hand_over(tmp_path)}

    control("POST", "users", people(LATE)[NEW:])
    done = ansible.playbook("hybrid.identity.site", variables={**chosen, **given})
    assert done.code == 0, done.failure
    upns = [user["userPrincipalName"] for user in people(LATE)]
    entries = directory.search("(objectClass=user)", "userPrincipalName", "objectGUID", base=path)
    values = {entry["userprincipalname"][0].decode(): expected_immutable_id(entry) for entry in entries}
    assert sorted(values) == upns[:NEW]
    users = graph.users()
    assert {upn: users[upn]["onPremisesImmutableId"] for upn in upns} == {**dict.fromkeys(upns[NEW:]), **values}
    statuses = {user["user_principal_name"]: user["status"] for user in done.accounts()["users"]}
    assert {statuses[upn] for upn in upns[OLD:NEW]} == {"created"}
    assert {statuses[upn] for upn in upns[NEW:]} == {"not_reviewed"}

    # An account that nobody reviewed is not matched, although its name fits.
    late = ansible.playbook("hybrid.identity.accounts", variables=accounts)
    assert late.code == 0, late.failure
    again = ansible.playbook("hybrid.identity.site", variables={**chosen, **given})
    assert again.code == 0, again.failure
    assert {again.changes()[upn]["status"] for upn in upns[NEW:]} == {"not_reviewed"}
    assert [graph.users()[upn]["onPremisesImmutableId"] for upn in upns[NEW:]] == [None, None]
