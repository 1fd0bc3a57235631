# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look-ups: which kind an identity is, and which object it means, against a plain scan."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.kinds import not_a_user, system_account
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.lookup import (
    Candidate,
    dn_key,
    match_identities,
    read_identities,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError

GUIDS = [str(uuid.UUID(int=number)) for number in range(1, 6)]
NAMES = ["anna", "ANNA", "anna@a.com", "Anna@A.com", "bob", "j\u00fcrgen", "ju\u0308rgen", "*", "a)(b=*"]
PLACES = ["CN=Anna,DC=a", "cn=anna , dc=A", "CN=Bob\\, Jr,DC=a", "CN=Bob\\2c Jr,DC=a", "CN=O=x\\\\,DC=a"]
CANDIDATES = st.builds(
    Candidate,
    object_guid=st.sampled_from(GUIDS),
    distinguished_name=st.sampled_from(PLACES),
    names=st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
)
DIRECTORIES = st.lists(CANDIDATES, max_size=5, unique_by=lambda candidate: candidate.object_guid)
IDENTITIES = st.lists(st.sampled_from([*NAMES, *PLACES, *GUIDS, f"{{{GUIDS[0].upper()}}}"]), min_size=1, max_size=8)


@given(IDENTITIES, DIRECTORIES)
def test_matches_are_those_of_a_plain_scan(texts: list[str], directory: list[Candidate]) -> None:
    identities = read_identities(texts)
    matches = match_identities(identities, directory)
    assert [match.identity for match in matches] == identities
    for match in matches:
        key = (match.identity.kind, match.identity.key)
        wanted = {candidate.object_guid for candidate in directory if key in candidate.answers_to()}
        assert {candidate.object_guid for candidate in match.candidates} == wanted
        same = [
            other
            for other in matches
            if (len(wanted) == 1 and other.candidates == match.candidates)
            or (len(wanted) != 1 and (other.identity.kind, other.identity.key) == key)
        ]
        assert len(match.repeats) == len(same) - 1


@given(IDENTITIES, DIRECTORIES)
def test_the_order_of_what_is_found_does_not_matter(texts: list[str], directory: list[Candidate]) -> None:
    identities = read_identities(texts)
    one, other = match_identities(identities, directory), match_identities(identities, directory[::-1])
    assert [{c.object_guid for c in match.candidates} for match in one] == [
        {c.object_guid for c in match.candidates} for match in other
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("anna@contoso.com", "name"),
        ("anna", "name"),
        ("a-b-c-d", "name"),
        ("dead-beef", "name"),
        ("a=b@contoso.com", "name"),
        ("CN=a", "name"),
        ("CN=a,DC=b", "dn"),
        ("ou=x, dc=y", "dn"),
        ("2.5.4.3=a,DC=b", "name"),
        ("876031de-bfb1-4f8b-9cb0-1c67a6094d3e", "guid"),
        ("{876031DE-BFB1-4F8B-9CB0-1C67A6094D3E}", "guid"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert read_identities([text])[0].kind == kind


def test_guid_bytes_are_in_the_order_of_active_directory() -> None:
    identity = read_identities(["876031de-bfb1-4f8b-9cb0-1c67a6094d3e"])[0]
    assert identity.guid_bytes.hex() == "de316087b1bf8b4f9cb01c67a6094d3e"


@pytest.mark.parametrize(
    "text", ["{x}", "{876031de", "876031de-bfb1-4f8b-9cb0-1c67a6094d", "876031debfb14f8b9cb01c67a6094d3e"]
)
def test_nearly_a_guid_is_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match=r"is not a GUID; write it as 876031de-.*\.$"):
        read_identities(["anna", text])


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("CN=Doe\\, Jane,OU=x,DC=y", "cn=doe\\2C Jane, ou=X , dc=y", True),
        ("CN=J\u00fcrgen,DC=y", "CN=J\\c3\\bcrgen,DC=y", True),
        ("CN=a\\\\,DC=y", "CN=a\\5c,DC=y", True),
        ("CN=a\\,DC=y,DC=z", "CN=a,DC=y,DC=z", False),
        ("CN=a,DC=y", "OU=a,DC=y", False),
        ("CN=a\\+b,DC=y", "CN=a+b,DC=y", True),
    ],
)
def test_distinguished_names_compare(one: str, other: str, equal: bool) -> None:
    assert (dn_key(one) == dn_key(other)) is equal


def attributes(**values: str) -> dict[str, list[bytes]]:
    known = {
        "objectclass": "top person organizationalPerson user",
        "samaccountname": "anna",
        "samaccounttype": "805306368",
    }
    return {name: [part.encode() for part in value.split(" ")] for name, value in {**known, **values}.items() if value}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, None),
        ({"objectclass": "top person organizationalPerson user inetOrgPerson"}, None),
        ({"objectclass": "top person organizationalPerson user computer", "samaccounttype": "805306369"}, "a computer"),
        ({"objectclass": "top group", "samaccounttype": "268435456"}, "a group"),
        ({"objectclass": "top person organizationalPerson contact"}, "a contact"),
        ({"samaccounttype": "805306370"}, "a trust account"),
        ({"objectclass": "top container"}, "an object of class container"),
        ({"objectclass": ""}, "an object of class unknown"),
    ],
)
def test_kinds_of_objects(values: dict[str, str], kind: str | None) -> None:
    assert not_a_user(attributes(**values)) == kind


@pytest.mark.parametrize(
    "values",
    [
        {"iscriticalsystemobject": "TRUE"},
        {"samaccountname": ""},
        {"samaccountname": "AAD_1234"},
        {"samaccountname": "msol_1234"},
        {"samaccountname": "krbtgt"},
        {"samaccountname": "krbtgt_123"},
        {"samaccountname": "support_388945A0"},
        {"samaccountname": "CAS_{12}"},
        {"mailnickname": "SystemMailbox{12"},
        {"mailnickname": "CAS_{12}"},
        {"msexchrecipienttypedetails": "536870912"},
        {"msexchrecipienttypedetails": "4096"},
    ],
)
def test_accounts_that_entra_connect_leaves_out(values: dict[str, str]) -> None:
    assert system_account("CN=x,DC=y", attributes(**values))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"samaccountname": "CAS_1"},
        {"samaccountname": "xMSOL_1"},
        {"mailnickname": "cas_x"},
        {"msexchrecipienttypedetails": "1"},
        {"msexchrecipienttypedetails": "2147483648"},
    ],
)
def test_accounts_that_it_does_not_leave_out(values: dict[str, str]) -> None:
    assert system_account("CN=x,OU=old\\0ACNF:1,DC=y", attributes(**values)) is None


def test_replication_conflicts_are_left_out() -> None:
    assert system_account("CN=a\\, b\\0ACNF:876031de-bfb1-4f8b-9cb0-1c67a6094d3e,DC=y", attributes())
