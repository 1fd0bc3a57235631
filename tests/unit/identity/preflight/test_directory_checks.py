# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Active Directory says against a match: claimed anchors, protected accounts, foreign anchors, taken addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    NOTHING_ACCEPTED,
    read_accepted_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import (
    CloudUser,
    make_cloud_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.refusal import Refusal
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.directory_checks import (
    judge_predictions,
    list_anchors,
    list_names,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.directory_view import (
    AdAccount,
    DirectoryView,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predictions import Prediction

UNREAD = DirectoryView(claims_unread=True, protection_unread=True)
NAMES = ("anna", "bob", "carl", "dora")


def guid(number: int) -> str:
    return f"876031de-bfb1-4f8b-9cb0-1c67a6094d{number:02x}"


def anchor(number: int) -> str:
    return immutable_id_of_guid(guid(number))


def user(number: int, **more: Any) -> AdUser:
    known = {"user_principal_name": f"{NAMES[number - 1]}@contoso.com", "object_guid": guid(number)}
    return AdUser(**{**known, "immutable_id": anchor(number), "source_anchor": "objectGUID", **more})


def account(number: int, **more: Any) -> AdAccount:
    name = NAMES[number - 1] if number <= len(NAMES) else f"u{number}"
    known = AdAccount(guid(number), f"CN={name},DC=contoso,DC=com", f"{name}@contoso.com", anchor(number))
    return replace(known, **more)


def cloud(upn: str, held: int | None) -> CloudUser:
    """A cloud user; ``held``: whose anchor it has."""
    value = anchor(held) if held else None
    return make_cloud_user({"id": upn, "userPrincipalName": upn, "onPremisesImmutableId": value})


def prediction(number: int, outcome: str = "hard_match", **more: Any) -> Prediction:
    given = more.pop("ad", {})
    mine = cloud(f"{NAMES[number - 1]}@contoso.com", None)
    return Prediction(user(number, **given), outcome, "hard_match", **{"cloud": mine, **more})


def judged(found: Sequence[Prediction], *accounts: AdAccount, **view: bool) -> list[tuple[str, str | None]]:
    result = judge_predictions(found, DirectoryView(accounts, **view))
    return [(each.outcome, each.cause) for each in result]


def effects(found: Prediction) -> list[str]:
    return [effect.key for effect in found.effects]


def test_nothing_speaks_against_an_ordinary_account() -> None:
    found = [prediction(1), prediction(2, "matched")]
    assert judge_predictions(found, DirectoryView([account(1), account(2)])) == found


def test_an_account_outside_the_list_claims_an_anchor() -> None:
    thief = account(9, consistency=anchor(1))
    found = [prediction(1), prediction(2)]
    first, second = judge_predictions(found, DirectoryView([account(1), account(2), thief]))
    assert (first.outcome, first.cause, second.outcome) == ("conflict", "anchor_claimed", "hard_match")
    assert first.reason == (
        f"The ImmutableId {anchor(1)}, which concerns anna@contoso.com, is the objectGUID of the user "
        "CN=anna,DC=contoso,DC=com and the mS-DS-ConsistencyGuid of the user CN=u9,DC=contoso,DC=com. A sync matches "
        "the cloud user to the one that it reads first. Find out who wrote mS-DS-ConsistencyGuid, and clear the wrong "
        "value."
    )


@pytest.mark.parametrize("outcome", ["matched", "hard_match", "soft_match", "new_cloud_user", "unknown", "quarantine"])
def test_both_are_refused_if_both_are_in_the_list(outcome: str) -> None:
    """The claimant keeps its own anchor, because the source anchor is objectGUID."""
    found = [prediction(1, outcome), prediction(2, outcome)]
    accounts = [account(1), account(2, consistency=anchor(1))]
    assert judged(found, *accounts) == [("conflict", "anchor_claimed")] * 2


@pytest.mark.parametrize("kind", ["contact", "computer", "group", "organizational unit"])
def test_objects_of_every_class_claim(kind: str) -> None:
    assert judged([prediction(1)], account(1), account(9, consistency=anchor(1), kind=kind)) == [
        ("conflict", "anchor_claimed")
    ]


def test_an_anchor_that_only_another_account_has_is_claimed() -> None:
    """Also if the user's own account is not among those that the directory showed."""
    found = prediction(1, ad={"object_guid": guid(3)})
    assert judged([found], account(1)) == [("conflict", "anchor_claimed")]
    (shown,) = judge_predictions([found], DirectoryView([account(1), account(3)]))
    assert (shown.cause, effects(shown)) == ("anchor_claimed", ["foreign_anchor"])


@pytest.mark.parametrize("named", [guid(1), guid(1).upper(), f"{{{guid(1)}}}"])
def test_an_anchor_belongs_to_the_account_that_the_record_names(named: str) -> None:
    """The directory answers with an account that got the anchor since the record was made."""
    found = [prediction(1, ad={"object_guid": named})]
    assert judged(found, account(1)) == [("hard_match", None)]
    assert judged(found, account(9, own=anchor(1))) == [("conflict", "anchor_claimed")]


@pytest.mark.parametrize("named", [None, "no GUID"])
def test_nobody_is_matched_whose_account_the_record_does_not_name(named: str | None) -> None:
    found = [prediction(1, ad={"object_guid": named})]
    assert judged(found, account(1)) == [("blocked", "unread_anchor_claims")]


def test_a_protected_account_is_an_effect_that_its_upn_accepts() -> None:
    admin = account(1, protected="it belongs to Domain Admins")
    (found,) = judge_predictions([prediction(1)], DirectoryView([admin]))
    assert (found.outcome, found.cause, effects(found)) == ("hard_match", None, ["privileged_ad_account"])
    assert found.record()["effects"] == ["privileged_ad_account"]
    assert NOTHING_ACCEPTED.refuse(found.effects) == Refusal(
        "privileged_ad_account",
        "The AD account of anna@contoso.com is protected, because it belongs to Domain Admins. Remove the user from "
        "the scope, or, if you want to match this administrator, add the UPN to privileged_ad_account in "
        "accepted_effects.",
    )
    accepted = read_accepted_effects({"privileged_ad_account": ["Anna@Contoso.com"]})
    assert accepted.refuse(found.effects) is None
    # By the UPN that the directory has, not the one in the record.
    (other,) = judge_predictions([prediction(1)], DirectoryView([replace(admin, upn="root@contoso.com")]))
    assert accepted.refuse(other.effects) == NOTHING_ACCEPTED.refuse(found.effects)


@pytest.mark.parametrize("upn", ["ſysadmin@contoso.com", "sysadmin@contoso.com ", "sysadmin@contoſo.com"])
def test_an_acceptance_is_no_look_alike(upn: str) -> None:
    accepted = read_accepted_effects({"privileged_ad_account": ["sysadmin@contoso.com"]})
    assert not accepted.covers("privileged_ad_account", upn)
    assert accepted.covers("privileged_ad_account", "SysAdmin@contoso.COM")
    assert not accepted.covers("foreign_anchor", "sysadmin@contoso.com")


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (cloud("anna@contoso.com", None), ["foreign_anchor"]),
        (cloud("ANNA@contoso.com", 70), []),
        (cloud("anna@contoso.com", 71), ["foreign_anchor"]),
        (cloud("victim@contoso.com", 70), ["foreign_anchor"]),
        (None, ["foreign_anchor"]),
    ],
)
def test_a_foreign_anchor(target: CloudUser | None, shown: list[str]) -> None:
    given = {"immutable_id": anchor(70), "source_anchor": "mS-DS-ConsistencyGuid"}
    found = prediction(1, ad=given, cloud=target)
    own = account(1, consistency=anchor(70))
    (result,) = judge_predictions([found], DirectoryView([own]))
    assert (result.outcome, effects(result)) == ("hard_match", shown)
    assert read_accepted_effects({"foreign_anchor": ["anna@contoso.com"]}).refuse(result.effects) is None


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"outcome": "unknown", "unknown": ("groups",), "expected": "matched"},
        {"outcome": "blocked", "unknown": ("role_assignments",), "expected": "matched"},
    ],
)
def test_who_is_joined_already_is_only_asked_for_claims_unless_something_is_written(more: dict[str, Any]) -> None:
    found = prediction(1, **{"outcome": "matched", **more})
    own = account(1, protected="it belongs to Domain Admins")
    assert judge_predictions([found], DirectoryView([own])) == [found]
    assert judged([found], own, account(9, consistency=anchor(1))) == [("conflict", "anchor_claimed")]
    (written,) = judge_predictions([found], DirectoryView([own]), [guid(1)])
    assert (replace(written, effects=()), effects(written)) == (found, ["privileged_ad_account"])


def test_a_stamped_account_has_its_own_anchor() -> None:
    assert judged([prediction(1)], account(1, consistency=anchor(1))) == [("hard_match", None)]


def test_what_is_worse_comes_first_and_what_was_found_stays() -> None:
    blocked = prediction(1, "blocked", cause="privileged_role", causes=("privileged_role",))
    accounts = [account(1, protected="it has adminCount set"), account(9, consistency=anchor(1))]
    (found,) = judge_predictions([blocked], DirectoryView(accounts))
    assert (found.outcome, found.cause) == ("blocked", "privileged_role")
    assert (found.causes, effects(found)) == (("privileged_role", "anchor_claimed"), ["privileged_ad_account"])


def test_an_account_outside_the_list_that_holds_an_address_or_the_upn() -> None:
    addresses = {"proxy_addresses": ["SMTP:anna@contoso.com", "smtp:sales@contoso.com"], "mail": "anna@contoso.com"}
    found = [prediction(1, ad=addresses)]
    assert list_names([each.ad for each in found]) == [
        "anna@contoso.com", "SMTP:anna@contoso.com", "smtp:sales@contoso.com"
    ]  # fmt: skip
    assert list_names([AdUser(mail="b@contoso.com")]) == ["smtp:b@contoso.com"]
    other = account(9, addresses=("smtp:Sales@contoso.com",))
    (first,) = judge_predictions(found, DirectoryView([account(1), other]))
    assert (first.outcome, first.cause) == ("quarantine", "proxy_address_taken")
    (held,) = first.quarantined
    assert (held.attribute, held.value, held.holder) == (
        "proxy_addresses", "smtp:sales@contoso.com", "CN=u9,DC=contoso,DC=com"
    )  # fmt: skip
    namesake = account(9, upn="Anna@contoso.com")
    assert judged(found, account(1), namesake) == [("quarantine", "upn_taken")]
    # A computer is not synchronised as a user with an address, and who is in the list is looked at there.
    assert judged(found, account(1), replace(other, kind="computer")) == [("hard_match", None)]
    both = [*found, prediction(2)]
    inside = account(2, addresses=("smtp:sales@contoso.com",))
    assert judged(both, account(1), inside) == [("hard_match", None)] * 2


def test_what_could_not_be_read_refuses() -> None:
    found = [
        prediction(1),
        prediction(2, "matched"),
        prediction(3, "unknown", unknown=("groups",), expected="hard_match"),
        prediction(4, "blocked", unknown=("role_assignments",), expected="hard_match"),
    ]
    result = judge_predictions(found, UNREAD)
    assert [(each.outcome, each.unknown, each.expected) for each in result] == [
        ("blocked", ("anchor_claims", "protected_accounts"), "hard_match"),
        ("matched", (), None),
        ("blocked", ("anchor_claims", "protected_accounts", "groups"), "hard_match"),
        ("blocked", ("role_assignments", "anchor_claims", "protected_accounts"), "hard_match"),
    ]
    assert [result[0].cause, result[3].cause] == ["unread_anchor_claims", "unread_role_assignments"]
    assert "RoleManagement.Read.Directory" in str(result[3].reason)
    assert "add anchor_claims and protected_accounts to skip_checks" in str(result[3].reason)
    skipped = judge_predictions(found[:1], UNREAD, skipped=["anchor_claims", "protected_accounts"])
    assert skipped == found[:1]
    assert judged(found[:1], account(1), protection_unread=True) == [("blocked", "unread_protected_accounts")]
    # An account of another domain.
    assert judged(found[:1]) == [("blocked", "unread_anchor_claims")]


def test_who_has_no_anchor_is_left_alone() -> None:
    missing = Prediction(
        AdUser(identity="nobody", unresolved=Refusal("ad_missing", "No such user.")), "invalid", None, "ad_missing"
    )
    assert list_anchors([missing]) == []
    assert judge_predictions([missing], DirectoryView()) == [missing]
