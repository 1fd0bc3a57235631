# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The effects of a match: what of a cloud user a sync would change, and whether both belong to one person."""

from __future__ import annotations

from typing import Any

import pytest
from match_estate import ad, cloud, tenant

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    EFFECTS,
    WORDS,
    Effect,
    read_accepted_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.snapshot_user import SnapshotUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import predict

PRIMARY = "SMTP:user1@contoso.com"
ONE_BY_ONE = ("privileged_ad_account", "foreign_anchor", "different_person")


def effects(
    user: dict[str, Any] | None = None, person: SnapshotUser | None = None, **switches: bool
) -> dict[str, Effect]:
    """The effects of the hard match of user1, by key."""
    known = {"proxy_addresses": [PRIMARY], "attributes": {}, **(user or {})}
    (found,) = predict([ad(1, **known)], tenant(person or graph(), switches=switches))
    assert found.sync_action == "hard_match"
    return {effect.key: effect for effect in found.effects}


def graph(**more: Any) -> SnapshotUser:
    return cloud(1, 1, **{"mail": "user1@contoso.com", "proxyAddresses": [PRIMARY], **more})


def test_equal_users_have_none() -> None:
    assert effects() == {}


@pytest.mark.parametrize(
    ("user", "person", "key", "words"),
    [
        ({"enabled": False}, {}, "account_disabled", "would disable the cloud user, who could no longer sign in"),
        (
            {"user_principal_name": "user1@pending.com"},
            {},
            "sign_in_name_changed",
            "sign-in name of User1@contoso.com to user1@contoso.onmicrosoft.com",
        ),
        (
            {"proxy_addresses": ["SMTP:one@contoso.com", "smtp:user1@contoso.com"]},
            {},
            "primary_address_changed",
            "from user1@contoso.com to one@contoso.com",
        ),
        (
            {},
            {"proxyAddresses": [PRIMARY, "smtp:b@contoso.com", "smtp:a@contoso.com"]},
            "addresses_removed",
            "A sync would remove 2 addresses of user1@contoso.com in Entra ID (a@contoso.com, b@contoso.com)",
        ),
        (
            {"proxy_addresses": []},
            {"proxyAddresses": ["SMTP:one@contoso.com"], "mail": "one@contoso.com"},
            "addresses_removed",
            "A sync might remove 1 address",
        ),
        ({}, {"userType": "Guest"}, "guest", "User1@contoso.com is a guest"),
    ],
)
def test_what_a_match_would_change(user: dict[str, Any], person: dict[str, Any], key: str, words: str) -> None:
    found = effects(user, graph(**person))
    assert list(found) == [key]
    assert words in str(found[key].reason)
    assert str(found[key].reason).endswith(
        f", remove the user from the scope, or add the UPN to {key} in accepted_effects."
    ) or (key == "guest")


def test_addresses_that_entra_keeps_are_not_lost() -> None:
    """The sign-in name, those of Entra's own domains, and what is no mail address."""
    held = [
        PRIMARY,
        "smtp:USER1@contoso.com",
        "smtp:user1@contoso.onmicrosoft.com",
        "smtp:user1@contoso.mail.OnMicrosoft.com",
        "X500:/o=contoso",
        "SIP:user1@contoso.com",
    ]
    assert effects({"proxy_addresses": [], "mail": "user1@contoso.com"}, graph(proxyAddresses=held)) == {}


@pytest.mark.parametrize(
    ("ours", "theirs", "differ"),
    [
        ({"employee_id": "17"}, {"employeeId": "23"}, True),
        ({"employee_id": "a17 "}, {"employeeId": "A17"}, False),
        ({"employee_id": "17"}, {}, False),
        ({"given_name": "Anna", "surname": "Berg"}, {"givenName": "Bob", "surname": "Marley"}, True),
        ({"given_name": "Zo\u00eb", "surname": "M\u00fcller"}, {"givenName": "ZOE", "surname": "Meier"}, False),
        ({"given_name": "Anna", "surname": "Berg"}, {"givenName": "Anni", "surname": "berg"}, False),
        ({"given_name": "Li", "surname": "Wei"}, {"givenName": "Wei", "surname": "Li"}, False),
        # Nothing can be compared.
        ({"given_name": "Anna"}, {"surname": "Berg"}, False),
        ({}, {"givenName": "Bob", "surname": "Marley"}, False),
        # The ids agree; a name may have changed, and both names need not.
        ({"given_name": "Anna"}, {"givenName": "Bob", "surname": "Marley"}, True),
    ],
)
def test_two_people(ours: dict[str, str], theirs: dict[str, str], differ: bool) -> None:
    more: dict[str, Any] = {**theirs}
    found = effects({"attributes": ours}, graph(**more))
    assert ("different_person" in found) is differ
    if differ:
        assert "seem to belong to two people" in str(found["different_person"].reason)


def test_what_is_only_counted() -> None:
    found = effects({"attributes": {"department": "Sales"}}, graph(department="Finance"), passwordSyncEnabled=True)
    assert found == {key: Effect(key) for key in ("password_replaced", "attributes_overwritten")}
    assert read_accepted_effects({}).refuse(found.values()) is None


def test_a_user_who_is_synchronised_already_has_none() -> None:
    person = graph(onPremisesSyncEnabled=True, userType="Guest")
    (found,) = predict([ad(1, enabled=False)], tenant(person))
    assert found.effects == ()


def test_who_is_refused_for_several_effects_reads_all_of_them() -> None:
    found = effects({"enabled": False}, graph(userType="Guest"))
    refusal = read_accepted_effects({}).refuse(found.values())
    assert refusal
    assert refusal.cause == "guest"
    assert "is a guest" in refusal.reason
    assert "is disabled" in refusal.reason
    assert (
        read_accepted_effects({"guest": "all", "account_disabled": ["USER1@contoso.com"]}).refuse(found.values())
        is None
    )


@pytest.mark.parametrize("key", EFFECTS)
def test_which_effects_can_be_accepted_for_all(key: str) -> None:
    if key in ONE_BY_ONE:
        with pytest.raises(InputError, match="only be accepted for single users"):
            read_accepted_effects({key: "all"})
    else:
        assert read_accepted_effects({key: "all"}).covers(key, None)
    assert not read_accepted_effects({key: []}).covers(key, "user1@contoso.com")


def test_every_effect_has_words() -> None:
    assert set(WORDS) - set(EFFECTS) == {"attributes_overwritten"}
