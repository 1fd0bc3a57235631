# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back of accounts that one run made and a later one filled, as the rerun after a kill does."""

from __future__ import annotations

from typing import Any

import pytest
from support.descriptors import DOMAIN_SID, of_domain

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.directory import AccountDirectory
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.state import account_state
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.objects import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.protected_accounts import build_shield
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import guid_text
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.rollback import Undo
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback.account_restores import plan_rollback

DOMAIN = "DC=ad"
DN, BOSS = "CN=Anna,OU=Staff,DC=ad", "CN=Boss,OU=Staff,DC=ad"
UPN = "anna@contoso.com"
GUID = bytes(range(16))
MADE = {
    "objectclass": [b"top", b"user"],
    "userprincipalname": [UPN.encode()],
    "samaccountname": [b"anna"],
    "useraccountcontrol": [b"512"],
    "objectsid": [of_domain(1600)],
    "primarygroupid": [b"513"],
}
SHIELD = build_shield(DOMAIN_SID, [("CN=Domänen-Admins,DC=ad", of_domain(512), "Domain Admins")], [], [])
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
    [back] = plan_rollback(UNDOS, directory(), DOMAIN)
    assert (back.status, back.reason) == ("removed", None)


@pytest.mark.parametrize("changed", [{"department": b"Press"}, {"title": b"Clerk"}, {"manager": DN.encode()}])
def test_it_stays_where_somebody_changed_it(changed: dict[str, bytes]) -> None:
    [back] = plan_rollback(UNDOS, directory(**changed), DOMAIN)
    assert (back.status, back.cause) == ("refused", "changed_since")


def test_once_it_is_gone_nothing_is_left_to_do() -> None:
    [back] = plan_rollback(UNDOS, AccountDirectory([]), DOMAIN)
    assert back.status == "unchanged"


def test_alone_the_later_run_puts_its_values_back() -> None:
    [back] = plan_rollback(UNDOS[1:], directory(), DOMAIN)
    assert (back.status, dict(back.after)) == ("put_back", {"manager": None, "department": None})


def taken_back(
    attribute: str, left: Any, restore: Any, named: Any = UPN, shield: Any = SHIELD, **more: bytes
) -> tuple[str, str | None]:
    """What becomes of one value that a run has left."""
    undo = Undo(guid_text(GUID), named, attribute, (left,), restore)
    [back] = plan_rollback([undo], directory(**more), DOMAIN, shield)
    assert back.user_principal_name == more.get("userprincipalname", UPN.encode()).decode()
    assert (back.status == "put_back") == bool(back.after)
    return back.status, back.cause


def test_an_account_is_named_as_the_directory_does_now_and_a_renamed_one_stays() -> None:
    assert taken_back("department", ["Sales"], None, "ANNA@Contoso.com") == ("put_back", None)
    boss = {"userprincipalname": b"boss@contoso.com"}
    assert taken_back("department", ["Sales"], None, **boss) == ("refused", "renamed_since")
    assert taken_back("department", ["Sales"], None, None) == ("refused", "renamed_since")
    [back] = plan_rollback([Undo(guid_text(GUID), UPN, "department", (None,), None)], AccountDirectory([]), DOMAIN)
    assert (back.user_principal_name, back.cause) == (None, "account_gone")


@pytest.mark.parametrize(
    ("now", "restore", "status", "cause"),
    [
        (b"514", ["512"], "put_back", None),
        (b"512", ["514"], "put_back", None),
        (b"66050", ["66048"], "put_back", None),  # a password that never expires stays so
        (b"512", ["4194816"], "refused", "not_restorable"),  # DONT_REQ_PREAUTH
        (b"512", ["544"], "refused", "not_restorable"),  # PASSWD_NOTREQD
        (b"512", ["524800"], "refused", "not_restorable"),  # TRUSTED_FOR_DELEGATION
        (b"514", ["4194816"], "refused", "not_restorable"),
        (b"512", None, "refused", "not_restorable"),
        (b"512", ["512", "514"], "refused", "not_restorable"),
        (b"512", ["-512"], "refused", "not_restorable"),
        (b"512", ["\u0665\u0661\u0664"], "refused", "not_restorable"),  # digits, and no ASCII
        (b"512", "514", "refused", "not_restorable"),
        (b"512", [514], "refused", "not_restorable"),
        (b"546", ["544"], "refused", "not_to_be_enabled"),
    ],
)
def test_only_the_bit_that_disables_is_put_back(now: bytes, restore: Any, status: str, cause: str | None) -> None:
    found = taken_back("userAccountControl", [now.decode()], restore, useraccountcontrol=now)
    assert found == (status, cause)


@pytest.mark.parametrize(
    "protected",
    [
        {"admincount": b"1"},
        {"memberof": "CN=Domänen-Admins,DC=ad".encode()},
        {"primarygroupid": b"512"},
        {"sidhistory": of_domain(519)},
        {"msds-allowedtodelegateto": b"cifs/files.contoso.com"},
        {"objectsid": b"hidden"},
    ],
)
def test_a_protected_account_is_not_enabled(protected: dict[str, bytes]) -> None:
    disabled = {"useraccountcontrol": b"514"}
    assert taken_back("userAccountControl", ["514"], ["512"], **disabled) == ("put_back", None)
    assert taken_back("userAccountControl", ["514"], ["512"], **disabled, **protected) == (
        "refused", "not_to_be_enabled"
    )  # fmt: skip
    assert taken_back("userAccountControl", ["512"], ["514"], **protected) == ("put_back", None)


def test_nobody_is_enabled_if_it_cannot_be_read_who_is_protected() -> None:
    disabled: dict[str, Any] = {"shield": None, "useraccountcontrol": b"514"}
    assert taken_back("userAccountControl", ["514"], ["512"], **disabled) == ("refused", "not_to_be_enabled")
    assert taken_back("userAccountControl", ["512"], ["514"], shield=None) == ("put_back", None)


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"iscriticalsystemobject": b"TRUE"}, "system_account"),  # the built-in administrator
        ({"objectclass": b"computer"}, "not_a_user"),
        ({"samaccountname": b"MSOL_17"}, "system_account"),
        ({"msds-objectsoa": b"Cloud"}, "cloud_managed_account"),
    ],
)
def test_what_ad_user_never_writes_to_stays(changed: dict[str, bytes], cause: str) -> None:
    assert taken_back("department", ["Sales"], None, **changed) == ("refused", cause)
    [back] = plan_rollback(UNDOS[:1], directory(**changed), DOMAIN)
    assert (back.status, back.cause) == ("refused", cause)


@pytest.mark.parametrize(
    ("restore", "status"),
    [
        (["CN=Old\\, Boss,OU=Staff,dc=AD"], "put_back"),
        (["CN=Boss,OU=Staff,DC=elsewhere"], "refused"),
        (["CN=Boss,OU=Staff,XDC=ad"], "refused"),
        ([DOMAIN], "refused"),
        (["CN=One,DC=ad", "CN=Two,DC=ad"], "refused"),
    ],
)
def test_a_manager_is_in_the_domain(restore: Any, status: str) -> None:
    assert taken_back("manager", [BOSS], restore)[0] == status


@pytest.mark.parametrize("restore", ["Press", ["Press", 7], [""], [], {"a": 1}, [["Press"]], ["Pr\0ess"], ["\ud800"]])
def test_only_texts_are_put_back(restore: Any) -> None:
    assert taken_back("department", ["Sales"], restore) == ("refused", "not_restorable")


@pytest.mark.parametrize(
    ("attribute", "address"), [("mail", "ceo@contoso.com"), ("proxyAddresses", "SMTP:CEO@contoso.com")]
)
def test_the_address_of_somebody_else_is_not_put_back(attribute: str, address: str) -> None:
    undos = [Undo(guid_text(GUID), UPN, attribute, (None,), [address])]
    alone = plan_rollback(undos, directory(), DOMAIN)
    assert alone[0].status == "put_back"
    found = directory()
    found.add([AdObject("CN=CEO,DC=ad", {"objectguid": [GUID[::-1]], "proxyaddresses": [b"smtp:ceo@contoso.com"]})])
    [back] = plan_rollback(undos, found, DOMAIN)
    assert (back.status, back.cause, dict(back.after)) == ("refused", "address_of_other_account", {})
    assert "belongs to CN=CEO,DC=ad now" in (back.reason or "")
