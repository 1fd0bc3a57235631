# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts that ``exclude`` keeps ad_user from touching, and entries that nobody has."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import PASSWORD, Certificates, Options, RunModule
from forest_script import DOMAIN, person
from ldap_wire import Entry, Search, Turn, Wire
from shield_script import account, group, group_dn
from test_ad_user import NOBODY, OU, START, looked_up

from ansible_collections.hybrid.identity.plugins.modules import ad_user

TIER0, BOARD = group_dn("Tier 0"), f"OU=Board,{DOMAIN}"
GROUP = Entry(TIER0, {**group("Tier 0", 1200).values, "objectClass": ["top", "group"]})
UNIT = Entry(BOARD, {"objectClass": ["top", "organizationalUnit"]})
EXCLUDE = {"groups": [TIER0], "organizational_units": [BOARD], "users": ["carl@contoso.com", "nobody@contoso.com"]}
USERS = [
    {"user_principal_name": f"{name}@contoso.com", "display_name": name, "manager": "dora@contoso.com"}
    for name in ("anna", "bob", "carl", "dora")
]


def run(
    certificates: Certificates, options: Options, run_module: RunModule, script: list[Turn], **arguments: Any
) -> dict[str, Any]:
    with Wire(script, certificates.good) as wire:
        result, printed = run_module(ad_user, {**options(wire), "path": OU, **arguments})
    wire.verify()
    assert PASSWORD not in printed
    return result


def test_excluded_accounts_are_neither_filled_nor_made(
    certificates: Certificates, options: Options, run_module: RunModule
) -> None:
    """Not even their managers are written. dora's account is as it is to be."""
    board = person(2, "bob", **account(1602))
    people = looked_up(
        person(1, "anna", **account(1601, "Tier 0")),
        Entry(f"CN=bob,{BOARD}", board.values),
        person(4, "dora", displayName=["dora"], manager=[f"CN=dora,OU=Staff,{DOMAIN}"], **account(1604)),
    )
    script = [*START, looked_up(GROUP, UNIT), NOBODY, people]
    result = run(certificates, options, run_module, script, users=USERS, exclude=EXCLUDE)
    assert [(user["status"], user["cause"], user["changed"]) for user in result["users"]] == [
        ("excluded", "excluded_group", False),
        ("excluded", "excluded_organizational_unit", False),
        ("excluded", "excluded_user", False),
        ("unchanged", None, False),
    ]
    assert (result["summary"]["excluded"], result["summary"]["refused"], result["changed"]) == (3, 0, False)
    assert result["users"][0]["object_guid"]
    assert result["users"][2]["object_guid"] is None


def test_an_excluded_group_that_is_not_there_stops_the_task(
    certificates: Certificates, options: Options, run_module: RunModule
) -> None:
    script = [*START, looked_up(UNIT)]
    result = run(certificates, options, run_module, script, users=USERS, exclude=EXCLUDE)
    assert result["failed"]
    assert f"exclude.groups names {TIER0}, but 127.0.0.1 shows no such group in {DOMAIN}" in result["msg"]


@pytest.mark.parametrize(
    "exclude", [{}, {"users": ["carl@contoso.com"], "groups": ["0" * 8 + "-0000-4000-8000-" + "0" * 12]}]
)
def test_without_groups_and_units_nothing_more_is_read(
    certificates: Certificates, options: Options, run_module: RunModule, exclude: dict[str, Any]
) -> None:
    dora = person(4, "dora", displayName=["dora"])
    with Wire([*START, looked_up(dora)], certificates.good) as wire:
        given = {**options(wire), "path": OU, "users": [USERS[3] | {"manager": None}], "exclude": exclude}
        result, _printed = run_module(ad_user, given)
    wire.verify()
    assert [user["status"] for user in result["users"]] == ["unchanged"]
    searches = [each for each in wire.requests if isinstance(each, Search)]
    assert not [each for each in searches if b"memberOf" in each.attributes]
