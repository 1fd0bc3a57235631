# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ad_user_guid refuses to stamp: protected accounts, and anchors that somebody else holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from anchor_script import START, ad, by_upn, cloud, owners, statuses, unclaimed, value, write
from conftest import Run
from forest_script import ANYTHING, ATTRIBUTES, DOMAIN, by_guid_name, guid, person
from ldap_wire import BASE, Done, Entry, Search, Turn
from shield_script import DESCRIPTOR, EVERYWHERE, MORE, SELF, SYNC, account, group, group_dn, shield
from support.descriptors import DOMAIN_SID, OTHER_DOMAIN, of_domain, sid

ADMINS = group("Domänen-Admins", 512)
SEARCHED = {"upn_suffix": ["contoso.com"], "stamp": True}


def read(*entries: Entry) -> Turn:
    return Turn(Search, (*entries, Done(cookie=b"")))


def users(*changes: dict[str, Any]) -> list[Entry]:
    names = ("anna", "bob", "carl")
    return [person(number, names[number - 1], **each) for number, each in enumerate(changes, start=1)]


def stamp(number: int) -> Turn:
    return write(number, b"", guid(number).bytes_le)


def test_what_is_read_of_an_account_that_would_be_stamped(run: Run) -> None:
    turn = by_upn(ad(1, **account(1600)))
    assert isinstance(turn.expected, Search)
    asked = Search(DOMAIN.encode(), turn.expected.scope, turn.expected.filter, (*ATTRIBUTES, *MORE), (1000, b""))
    script = [*START, Turn(asked, turn.answers), *shield(), owners([value(1)]), write(1, b"", value(1))]
    assert statuses(run(script, users=[cloud(1)], stamp=True)) == [("stamped", None)]


def test_the_groups_that_are_looked_for(run: Run) -> None:
    *before, powerful, members = shield()
    asked: list[Any] = []

    class Noted(Turn):
        def fits(self, request: Any) -> bool:
            asked.append(request)
            return True

    script = [*START, read(*users(account(1600))), *before, Noted(Search, powerful.answers), members]
    script += [unclaimed(1), stamp(1)]
    run(script, **SEARCHED)
    both, groups, (kind, *conditions) = asked[0].filter
    assert (both, groups, kind) == ("and", ("equal", b"objectClass", b"group"), "or")
    rids = [512, 517, 518, 519, 520, 525, 526, 527, SYNC]
    assert {("equal", b"objectSid", of_domain(rid)) for rid in rids} < set(conditions)
    assert ("equal", b"sAMAccountName", b"DnsAdmins") in conditions
    assert ("present", b"sIDHistory") in conditions


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (account(1600, "Domänen-Admins"), "it belongs to Domain Admins"),
        (account(1600, "Inner"), "it belongs to Domain Admins through Inner"),
        (account(1600, "Innermost"), "it belongs to Domain Admins through Innermost"),
        (account(1600, primary=512), "it belongs to Domain Admins"),
        (account(SYNC), "it may replicate the domain"),
        (account(SELF), "it is the account that this run signs in with"),
        ({**account(1600), "adminCount": ["1"]}, "it has adminCount set"),
        ({**account(1600), "objectSid": []}, "it does not show its objectSid"),
    ],
)
def test_a_protected_account_is_not_stamped(run: Run, changes: dict[str, Any], why: str) -> None:
    levels = [[ADMINS], [group("Inner", 1101, "Domänen-Admins")], [group("Innermost", 1102, "Inner")]]
    found = users(changes, account(1601))
    result = run([*START, read(*found), *shield(*levels), unclaimed(2)], **SEARCHED)
    assert (result["failed"], result["changed"]) == (True, False)
    assert statuses(result) == [("refused", "privileged_ad_account"), ("found", None)]
    assert f"The AD account of anna@contoso.com is protected, because {why}" in result["msg"]
    assert "add the UPN to privileged_ad_account in accepted_effects" in result["msg"]
    script = [*START, read(*found), *shield(*levels), unclaimed(2), stamp(2)]
    skipped = run(script, **SEARCHED, max_refused="100%")
    assert statuses(skipped) == [("refused", "privileged_ad_account"), ("stamped", None)]


@pytest.mark.parametrize(
    ("name", "first", "rest"),
    [
        ("memberOf", [group_dn("Staff")], [group_dn("Domänen-Admins")]),
        ("sIDHistory", [sid(*OTHER_DOMAIN, 1600)], [sid(*OTHER_DOMAIN, 519)]),
        ("msDS-AllowedToDelegateTo", [], ["cifs/files.contoso.com"]),
    ],
)
def test_values_that_come_in_ranges_protect_too(
    run: Run, name: str, first: list[bytes | str], rest: list[bytes | str]
) -> None:
    """Active Directory sends at most 1,500 values at once."""
    ranged = {**account(1600), "memberOf": [], f"{name};range=0-{len(first) - 1}": first}
    found = person(1, "anna", **({**account(1600), name: rest} if not first else ranged))
    more = Entry(found.name, {f"{name};range={len(first)}-*": rest})
    asked = Search(by_guid_name(1), BASE, ANYTHING, (f"{name.lower()};range={len(first)}-*".encode(),))
    script = [*START, read(found), *([Turn(asked, (more, Done()))] if first else []), *shield([ADMINS])]
    assert statuses(run(script, **SEARCHED)) == [("refused", "privileged_ad_account")]


def test_who_signs_in_may_have_many_groups(run: Run) -> None:
    described, root, *groups = shield()
    assert isinstance(root.expected, Search)
    many = Turn(root.expected, (Entry("", {"tokenGroups;range=0-0": [of_domain(513)]}), Done()))
    request = Search(b"", BASE, ANYTHING, (b"tokengroups;range=1-*",))
    rest = Turn(request, (Entry("", {"tokenGroups;range=1-*": [of_domain(SELF)]}), Done()))
    script = [*START, read(*users(account(SELF))), described, many, rest, *groups]
    assert statuses(run(script, **SEARCHED)) == [("refused", "privileged_ad_account")]


def test_a_group_that_is_hidden_refuses(run: Run) -> None:
    """Who belongs to it would not be seen, and an empty answer is no proof."""
    for hidden in EVERYWHERE:
        *before, powerful, _members = shield()
        left = [each for each in powerful.answers if each != hidden]
        result = run([*START, read(*users(account(1600))), *before, Turn(Search, left)], **SEARCHED)
        assert (result["failed"], result["cause"]) == (True, "protected_accounts_unread")
    *before, powerful, _members = shield()
    result = run([*START, read(*users(account(1600))), *before, Turn(Search, powerful.answers[3:])], **SEARCHED)
    assert "does not show Domain Admins, Cert Publishers, Group Policy Creator Owners" in result["msg"]


def test_a_group_that_hides_its_sid_refuses(run: Run) -> None:
    bare = Entry(group_dn("Inner"), {"sAMAccountName": ["Inner"], "memberOf": [group_dn("Domänen-Admins")]})
    *before, _end = shield([ADMINS], [group("Inner", 1101, "Domänen-Admins")])
    script = [*START, read(*users(account(1600))), *before[:-1], Turn(Search, (bare, Done(cookie=b"")))]
    result = run(script, **SEARCHED)
    assert result["cause"] == "protected_accounts_unread"
    assert f"does not show the objectSid of {group_dn('Inner')}" in result["msg"]


def test_groups_in_a_circle(run: Run) -> None:
    levels = [[ADMINS], [group("Inner", 1101, "Domänen-Admins")], [ADMINS]]
    script = [*START, read(*users(account(1600, "Inner"))), *shield(*levels)[:-1]]
    assert statuses(run(script, **SEARCHED)) == [("refused", "privileged_ad_account")]


def test_a_protected_account_that_is_accepted_by_its_upn(run: Run) -> None:
    found = users(account(1600, "Domänen-Admins"), account(1601, "Domänen-Admins"))
    accepted = {"privileged_ad_account": ["ANNA@contoso.com"]}
    script = [*START, read(*found), *shield([ADMINS]), unclaimed(1), stamp(1)]
    result = run(script, **SEARCHED, accepted_effects=accepted, max_refused="100%")
    assert statuses(result) == [("stamped", None), ("refused", "privileged_ad_account")]


@pytest.mark.parametrize("given", ["all", ["all"], [7], None, {"anna@contoso.com": True}])
@pytest.mark.parametrize("effect", ["privileged_ad_account", "foreign_anchor"])
def test_an_effect_is_accepted_user_by_user(run: Run, effect: str, given: Any) -> None:
    result = run([], **SEARCHED, accepted_effects={effect: given})
    assert "use a list of UPNs" in result["msg"]


def test_an_unknown_effect(run: Run) -> None:
    result = run([], **SEARCHED, accepted_effects={"everything": ["anna@contoso.com"]})
    assert "accepted_effects has the unknown effect 'everything'" in result["msg"]


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"objectSid": [DOMAIN_SID]},
        {"nTSecurityDescriptor": [DESCRIPTOR]},
        {"objectSid": [DOMAIN_SID], "nTSecurityDescriptor": [DESCRIPTOR[:40]]},
    ],
)
def test_what_cannot_be_read_refuses(run: Run, shown: dict[str, Sequence[bytes]]) -> None:
    found = read(*users(account(1600)))
    result = run([*START, found, *shield(domain=shown)], **SEARCHED)
    assert (result["failed"], result["cause"]) == (True, "protected_accounts_unread")
    assert "add protected_accounts to skip_checks" in result["msg"]
    skipped = run([*START, found, unclaimed(1), stamp(1)], **SEARCHED, skip_checks=["protected_accounts"])
    assert statuses(skipped) == [("stamped", None)]


def test_a_read_needs_no_shield(run: Run) -> None:
    filled = person(2, "bob", mS_DS_ConsistencyGuid=[guid(2).bytes_le], **account(1600, "Domänen-Admins"))
    assert statuses(run([*START, read(filled)], **SEARCHED)) == [("found", None)]
    assert statuses(run([*START, read(filled)], upn_suffix=["contoso.com"])) == [("found", None)]


def test_an_anchor_that_somebody_else_claims_is_not_stamped(run: Run) -> None:
    thief = person(9, "mallory", mS_DS_ConsistencyGuid=[guid(1).bytes_le])
    claimed = owners([guid(1).bytes_le, guid(2).bytes_le], thief)
    script = [*START, read(*users(account(1600), account(1601))), *shield(), claimed, stamp(2)]
    result = run(script, **SEARCHED, max_refused="100%")
    assert statuses(result) == [("refused", "held_by_user"), ("stamped", None)]
    assert f"the mS-DS-ConsistencyGuid of the user CN=mallory,OU=Staff,{DOMAIN}" in result["users"][0]["reason"]
