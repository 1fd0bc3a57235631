# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to one user in both directories: what is stamped, what is set, and who is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from forest_script import guid
from matches import account, anchor, cloud, found, planned
from scripted_graph import object_id

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.users import AnchorChange
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    NOTHING_ACCEPTED,
    read_accepted_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.decision import Terms
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.refusal import Refusal
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    ROLE_ASSIGNMENTS,
    RoleHolding,
    TenantSnapshot,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.directory_view import (
    AdAccount,
    DirectoryView,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_changes import (
    FROM_CLOUD,
    FROM_GUID,
    WAYS,
    MatchChange,
    describe_hidden,
    find_claims,
    guard_matches,
    list_wanted_anchors,
    refuse_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_records import list_writes, status_of

ORDINARY = TenantSnapshot(users=[])
CONSISTENCY_GUID, IMMUTABLE_ID, BIN = "mS-DS-ConsistencyGuid", "onPremisesImmutableId", "recycleBin"


def shown(change: MatchChange) -> tuple[str, str | None, list[tuple[str, str | None, str | None]]]:
    """Status, cause, and what changes: attribute, before, after."""
    writes = [(each.attribute, each.before, each.after) for each in list_writes(change)]
    return status_of(change), change.refusal.cause if change.refusal else None, writes


def stamp(after: int, before: int | None = None) -> tuple[str, str | None, str]:
    return CONSISTENCY_GUID, str(guid(before)) if before else None, str(guid(after))


def value(after: int, before: int | None = None) -> tuple[str, str | None, str]:
    return IMMUTABLE_ID, anchor(before) if before else None, anchor(after)


@pytest.mark.parametrize(
    ("way", "held", "has", "status", "writes"),
    [
        ("never", None, None, "set", [value(1)]),
        ("never", None, 1, "unchanged", []),
        ("never", 1, None, "set", [value(1)]),
        ("never", 5, None, "set", [value(5)]),
        ("from_guid", None, None, "set", [stamp(1), value(1)]),
        ("from_guid", None, 1, "stamped", [stamp(1)]),
        ("from_guid", 1, 1, "unchanged", []),
        ("from_guid", 5, None, "set", [value(5)]),
        # The cloud user has no value: it gets one from the account, and nothing is stamped.
        ("from_cloud", None, None, "set", [value(1)]),
        # The cloud user has the value that the account makes without a stamp.
        ("from_cloud", None, 1, "unchanged", []),
        ("from_cloud", None, 5, "stamped", [stamp(5)]),
        ("from_cloud", 5, 5, "unchanged", []),
    ],
)
def test_what_is_written(way: str, held: int | None, has: int | None, status: str, writes: list[Any]) -> None:
    (change,) = planned([found(1, held)], [cloud(1, has)], write_consistency_guid=way)
    assert shown(change) == (status, None, writes)
    assert change.writes is bool(writes)
    assert (change.name, change.guid) == ("anna@contoso.com", str(guid(1)))
    # What the sync makes of the account once this is written.
    assert change.value == change.immutable_id.after


@pytest.mark.parametrize("way", WAYS)
def test_every_second_plan_is_empty(way: str) -> None:
    """If the first one was carried out."""
    for held in (None, 1, 5):
        for has in (None, 1, 5):
            (change,) = planned([found(1, held)], [cloud(1, has)], write_consistency_guid=way)
            if change.refusal:
                continue
            after = int.from_bytes(change.anchor.after[-1:], "big") if change.anchor.after else None
            account_after = found(1, after)
            assert account_after.before == change.anchor.after
            (again,) = planned([account_after], [cloud(1, change.immutable_id.after)], write_consistency_guid=way)
            assert shown(again) == ("unchanged", None, [])


@pytest.mark.parametrize(
    ("way", "held", "has", "cause", "writes"),
    [
        ("never", None, 5, "different_immutable_id", [value(1, 5)]),
        ("from_guid", None, 5, "different_immutable_id", [stamp(1), value(1, 5)]),
        ("from_cloud", 6, 5, "different_consistency_guid", [stamp(5, 6)]),
    ],
)
def test_another_value_is_replaced_only_for_whom_the_caller_names(
    way: str, held: int | None, has: int, cause: str, writes: list[Any]
) -> None:
    users, tenant = [found(1, held), found(2)], [cloud(1, has), cloud(2)]
    for upns in ((), ("bob@contoso.com",), ("аnna@contoso.com",)):
        first, second = planned(users, tenant, write_consistency_guid=way, replace=upns)
        assert shown(first) == ("refused", cause, [])
        assert (first.anchor.changed, first.writes, second.writes) == (False, False, True)
    (first, _second) = planned(users, tenant, write_consistency_guid=way, replace={"anna@contoso.com"})
    assert shown(first)[1:] == (None, writes)


def test_a_user_who_is_refused_in_entra_is_not_stamped() -> None:
    tenant = [cloud(1), cloud(2, 1), cloud(3, onPremisesSyncEnabled=False)]
    changes = planned([found(1), found(3), found(4)], tenant, write_consistency_guid=FROM_GUID)
    assert [shown(each) for each in changes] == [
        ("refused", "held_by_user", []),
        ("refused", "formerly_synced_user", []),
        ("refused", "no_cloud_user", []),
    ]


@pytest.mark.parametrize("way", [FROM_GUID, FROM_CLOUD])
def test_an_account_that_the_cloud_owns_is_neither_stamped_nor_matched(way: str) -> None:
    user = found(1, msDS_ExternalDirectoryObjectId=[f"User_{object_id(1)}"])
    (change,) = planned([user], [cloud(1, 5)], write_consistency_guid=way)
    assert shown(change) == ("refused", "cloud_managed_account", [])


@pytest.mark.parametrize("held", ["Zm9v", "not base64!"])
def test_an_immutable_id_that_is_no_guid_is_not_stamped(held: str) -> None:
    (change,) = planned([found(1)], [cloud(1, held)], write_consistency_guid=FROM_CLOUD)
    assert shown(change) == ("refused", "malformed_immutable_id", [])


def test_the_cloud_user_is_found_by_exactly_the_upn() -> None:
    """A look-alike's value is not written into the account."""
    tenant = [cloud(1, 5, userPrincipalName="anna@contoſo.com")]
    (change,) = planned([found(1)], tenant, write_consistency_guid=FROM_CLOUD)
    assert shown(change) == ("refused", "no_cloud_user", [])


def test_who_is_no_user_to_match_stays_in_the_list() -> None:
    missing = AnchorChange("missing", "auto", identity="nobody@contoso.com", cause="no_such_object", reason="No one.")
    twice = found(2).refused("duplicate_identity", "Named twice.")
    nameless = found(3, userPrincipalName=[])
    changes = planned([missing, twice, nameless], [cloud(1)], write_consistency_guid=FROM_CLOUD)
    assert [shown(each)[:2] for each in changes] == [
        ("refused", "ad_missing"),
        ("refused", "duplicate_identity"),
        ("refused", "no_user_principal_name"),
    ]
    assert [each.guid for each in changes] == [None, str(guid(2)), str(guid(3))]
    assert changes[0].name == "nobody@contoso.com"


def test_a_value_that_moves_from_one_account_to_another_is_refused() -> None:
    """Both accounts are in the list: a sync could match either."""
    changes = planned([found(1), found(2, held=1)], [cloud(1), cloud(2)])
    assert [shown(each)[1] for each in changes] == ["value_wanted_twice"] * 2


@pytest.mark.parametrize(
    ("way", "becomes"),
    [("restore", [(BIN, "deleted", "restored_and_cleared")]), ("purge", [(BIN, "deleted", "purged")])],
)
def test_deleted_holders(way: str, becomes: list[Any]) -> None:
    tenant = [cloud(1), cloud(7, 1, deleted=True)]
    (kept,) = planned([found(1)], tenant, write_consistency_guid=FROM_GUID)
    assert shown(kept) == ("refused", "held_by_deleted_user", [])
    (change,) = planned([found(1)], tenant, write_consistency_guid=FROM_GUID, deleted={object_id(7): way})
    assert shown(change) == ("set", None, [stamp(1), *becomes, value(1)])
    assert [each.id for each in list_writes(change)] == [str(guid(1)), object_id(7), object_id(1)]
    # An id of somebody who holds no wanted value does nothing.
    (other,) = planned([found(1)], [cloud(1)], deleted={object_id(8): way})
    assert shown(other) == ("set", None, [value(1)])


def test_the_deleted_user_itself_comes_back() -> None:
    (change,) = planned([found(1)], [cloud(1, 1, deleted=True)], deleted={object_id(1): "restore"})
    assert shown(change) == ("restored", None, [(BIN, "deleted", "restored")])


# --- What both directories say against it


def both(**matching: Any) -> list[MatchChange]:
    return planned([found(1), found(2)], [cloud(1), cloud(2)], **matching)


def guarded(
    changes: Sequence[MatchChange],
    accounts: Sequence[AdAccount],
    tenant: TenantSnapshot = ORDINARY,
    terms: Terms | None = None,
    **view: bool,
) -> list[tuple[str, str | None]]:
    allowed, shown = terms or Terms(), DirectoryView(accounts, **view)
    result = refuse_effects(guard_matches(changes, tenant, shown, allowed), shown, allowed.accepted, {}, {})
    return [(status_of(each), each.refusal.cause if each.refusal else None) for each in result]


PAIR = [account(1), account(2)]
FINE = [("set", None), ("set", None)]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_speaks_against_ordinary_users(way: str) -> None:
    assert guarded(both(write_consistency_guid=way), PAIR) == FINE


@pytest.mark.parametrize(
    ("accounts", "cause"),
    [
        ([account(1), account(9, held=1)], "anchor_claimed"),
        # The account of the user is not shown, and another one holds its GUID.
        ([account(9, held=1)], "anchor_claimed"),
        ([account(1), account(9, held=1, kind="contact")], "anchor_claimed"),
        ([account(1, protected="it belongs to Domain Admins")], "privileged_ad_account"),
        ([], "ad_account_unread"),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_what_active_directory_speaks_against(way: str, accounts: list[AdAccount], cause: str) -> None:
    changes = both(write_consistency_guid=way)
    assert guarded(changes, [*accounts, account(2)]) == [("refused", cause), ("set", None)]
    view = DirectoryView([*accounts, account(2)])
    refused = refuse_effects(guard_matches(changes, ORDINARY, view, Terms()), view, NOTHING_ACCEPTED, {}, {})[0]
    assert list_writes(refused) == ()


def test_a_foreign_anchor_is_refused_unless_it_is_the_cloud_users_own() -> None:
    changes = planned([found(1, held=5)], [cloud(1)])
    assert guarded(changes, [account(1, held=5)]) == [("refused", "foreign_anchor")]
    accepted = read_accepted_effects({"foreign_anchor": ["anna@contoso.com"]})
    assert guarded(changes, [account(1, held=5)], terms=Terms(accepted=accepted)) == [("set", None)]
    # The cloud user keeps its value, and the account gets it.
    kept = planned([found(1)], [cloud(1, 5)], write_consistency_guid=FROM_CLOUD)
    assert guarded(kept, [account(1)]) == [("stamped", None)]
    # Another account has that value as its own GUID.
    assert guarded(kept, [account(1), account(5)]) == [("refused", "anchor_claimed")]


def test_a_protected_account_is_accepted_by_its_upn_in_the_directory() -> None:
    accounts = [account(1, protected="it belongs to Domain Admins"), account(2)]
    accepted = Terms(accepted=read_accepted_effects({"privileged_ad_account": ["ANNA@contoso.com"]}))
    assert guarded(both(), accounts, terms=accepted) == FINE
    other = Terms(accepted=read_accepted_effects({"privileged_ad_account": ["bob@contoso.com"]}))
    assert guarded(both(), accounts, terms=other) == [("refused", "privileged_ad_account"), ("set", None)]


def test_an_effect_that_the_plan_shows_was_accepted() -> None:
    """By terms or by a review. Another effect of the same user was not."""
    view = DirectoryView([account(1, held=5, protected="it belongs to Domain Admins")])
    changes = planned([found(1, held=5)], [cloud(1)])
    for effects, cause in (
        ({"privileged_ad_account", "foreign_anchor"}, None),
        ({"privileged_ad_account"}, "foreign_anchor"),
        ({"foreign_anchor"}, "privileged_ad_account"),
    ):
        (result,) = refuse_effects(changes, view, NOTHING_ACCEPTED, {str(guid(1)): effects}, {})
        assert (result.refusal.cause if result.refusal else None) == cause


@pytest.mark.parametrize(
    ("view", "skipped", "cause"),
    [
        ({"claims_unread": True}, [], "ad_account_unread"),
        ({"claims_unread": True}, ["protected_accounts"], "ad_account_unread"),
        ({"claims_unread": True}, ["anchor_claims"], None),
        ({"protection_unread": True}, [], "ad_account_unread"),
        ({"protection_unread": True}, ["anchor_claims"], "ad_account_unread"),
        ({"protection_unread": True}, ["protected_accounts"], None),
    ],
)
def test_what_active_directory_did_not_say_refuses_unless_it_is_skipped(
    view: dict[str, bool], skipped: list[str], cause: str | None
) -> None:
    status = "refused" if cause else "set"
    assert guarded(both(), PAIR, ORDINARY, Terms(skip_checks=skipped), **view) == [(status, cause)] * 2


@pytest.mark.parametrize("way", WAYS)
def test_an_administrator_of_entra_is_neither_matched_nor_stamped(way: str) -> None:
    role = RoleHolding("direct", "Global Administrator", True)
    tenant = TenantSnapshot(users=[], roles={object_id(1): [role]})
    changes = both(write_consistency_guid=way)
    assert guarded(changes, PAIR, tenant) == [("refused", "admin_role"), ("set", None)]
    assert list_writes(guard_matches(changes, tenant, DirectoryView(PAIR), Terms())[0]) == ()
    unread = TenantSnapshot(users=[], unknown=frozenset({ROLE_ASSIGNMENTS}))
    assert guarded(changes, PAIR, unread) == [("refused", "unread_role_assignments")] * 2
    assert guarded(changes, PAIR, unread, Terms(skip_checks=[ROLE_ASSIGNMENTS])) == FINE


def test_who_is_not_changed_is_not_judged() -> None:
    changes = planned([found(1), found(2)], [cloud(1, 1), cloud(2, 7)])
    assert guarded(changes, [account(1, protected="it is one"), account(9, held=1)]) == [
        ("unchanged", None),
        ("refused", "different_immutable_id"),
    ]


def test_the_anchors_that_decide() -> None:
    """Those that are planned, and the GUIDs of the accounts, since another object may hold them too."""
    changes = planned([found(1, held=5), found(2), found(3)], [cloud(1), cloud(2), cloud(3, 3)])
    assert list_wanted_anchors(changes) == [anchor(5), anchor(1), anchor(2)]


def test_a_claim_that_turns_up_after_the_write() -> None:
    done = both()
    assert find_claims(done, DirectoryView(PAIR)) == {}
    claims = find_claims(done, DirectoryView([*PAIR, account(9, held=2)]))
    assert list(claims) == [1]
    assert claims[1].cause == "anchor_claimed"
    assert "the mS-DS-ConsistencyGuid of the user CN=u9,DC=x" in claims[1].reason
    # The account itself shows the value that was written into it.
    stamped = both(write_consistency_guid=FROM_GUID)
    assert find_claims(stamped, DirectoryView([account(1, held=1), account(2, held=2)])) == {}
    # Nobody claims what was not written.
    refused = [each.refused(Refusal("x", "X.")) for each in done]
    assert find_claims(refused, DirectoryView([*PAIR, account(9, held=2)])) == {}


def test_who_claims_an_anchor_is_unknown_if_the_directory_hides_something() -> None:
    hidden = DirectoryView(PAIR, claims_unread=True)
    assert describe_hidden(DirectoryView(PAIR), Terms()) is None
    assert "does not show its objectGUID" in str(describe_hidden(hidden, Terms()))
    assert describe_hidden(hidden, Terms(skip_checks=["anchor_claims"])) is None
