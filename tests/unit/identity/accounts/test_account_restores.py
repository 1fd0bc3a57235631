# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back of accounts that one run made and a later one filled, as the rerun after a kill does."""

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.directory import AccountDirectory
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.restores import plan_rollback
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.state import account_state
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.users import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.anchors import guid_text
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.rollback import Undo

DN, BOSS = "CN=Anna,OU=Staff,DC=ad", "CN=Boss,OU=Staff,DC=ad"
UPN = "anna@contoso.com"
GUID = bytes(range(16))
MADE = {"userprincipalname": [UPN.encode()], "samaccountname": [b"anna"], "useraccountcontrol": [b"512"]}
FILLED = {**MADE, "department": [b"Sales"], "manager": [BOSS.encode()]}
UNDOS = [
    Undo(UPN, UPN, "account", (account_state(DN, MADE),), None),
    Undo(guid_text(GUID), UPN, "manager", ([BOSS],), None),
    Undo(guid_text(GUID), UPN, "department", (["Sales"],), None),
]


def directory(**more: bytes) -> AccountDirectory:
    values = {**FILLED, **{name: [value] for name, value in more.items()}}
    return AccountDirectory([AdObject(DN, {**values, "objectguid": [GUID]})])


def test_it_goes_as_one() -> None:
    [back] = plan_rollback(UNDOS, directory())
    assert (back.status, back.reason) == ("removed", None)


@pytest.mark.parametrize("changed", [{"department": b"Press"}, {"title": b"Clerk"}, {"manager": DN.encode()}])
def test_it_stays_where_somebody_changed_it(changed: dict[str, bytes]) -> None:
    [back] = plan_rollback(UNDOS, directory(**changed))
    assert (back.status, back.cause) == ("refused", "changed_since")


def test_once_it_is_gone_nothing_is_left_to_do() -> None:
    [back] = plan_rollback(UNDOS, AccountDirectory([]))
    assert back.status == "unchanged"


def test_alone_the_later_run_puts_its_values_back() -> None:
    [back] = plan_rollback(UNDOS[1:], directory())
    assert (back.status, dict(back.after)) == ("put_back", {"manager": None, "department": None})
