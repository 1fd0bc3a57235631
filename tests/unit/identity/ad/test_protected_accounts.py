# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which AD accounts are protected, and the security descriptors and SIDs that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from support.descriptors import (
    ALLOWED_OBJECT,
    ALLOWED_OBJECT_WITH_CONDITION,
    ALLOWED_WITH_CONDITION,
    DENIED,
    DENIED_OBJECT,
    DOMAIN_SID,
    OTHER_DOMAIN,
    ace,
    descriptor,
    of_domain,
    sid,
    texts,
)

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.protected_accounts import (
    build_shield,
    powerful_name,
    powerful_sids,
    replicators,
    why_protected,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.security_descriptor import (
    MalformedDescriptor,
    may_delete,
    read_access,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.sids import domain_rid, sid_text

GET_CHANGES = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2"
GET_CHANGES_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
GET_FILTERED = "89e95b76-444d-4c62-991a-0facbeda640c"
UNEXPIRE_PASSWORD = "ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501"

DOMAIN = "DC=ad,DC=contoso,DC=com"
ADMINS = f"CN=Domänen-Admins,CN=Users,{DOMAIN}"
SHIELD = build_shield(
    DOMAIN_SID,
    [(ADMINS, of_domain(512), "Domain Admins"), (f"CN=Helpers,{DOMAIN}", of_domain(2000), "Domain Admins through it")],
    [of_domain(1700)],
    [of_domain(1800), sid(11)],
)


def account(**changes: Sequence[bytes]) -> Mapping[str, Sequence[bytes]]:
    values: dict[str, Sequence[bytes]] = {
        "objectsid": [of_domain(1600)],
        "primarygroupid": [b"513"],
        "useraccountcontrol": [b"512"],
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {name: value for name, value in values.items() if value}


def test_a_sid_as_text() -> None:
    assert sid_text(of_domain(512)) == "S-1-5-21-1-2-3-512"
    assert sid_text(sid(0, authority=1)) == "S-1-1-0"
    assert sid_text(sid(32, 4294967295)) == "S-1-5-32-4294967295"


@pytest.mark.parametrize("raw", [b"", b"\1", of_domain(1)[:-1], of_domain(1) + b"\0", b"\2" + of_domain(1)[1:]])
def test_what_is_no_sid(raw: bytes) -> None:
    assert sid_text(raw) is None
    assert domain_rid(raw) is None


def test_an_ordinary_account_is_not_protected() -> None:
    staff = f"CN=Staff,OU=Groups,{DOMAIN}"
    assert why_protected(account(memberof=texts(staff), sidhistory=[sid(*OTHER_DOMAIN, 1600)]), SHIELD) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"memberof": texts(f"cn=domänen-admins,cn=users,{DOMAIN.lower()}")}, "it belongs to Domain Admins"),
        ({"memberof": texts(f"CN=Helpers,{DOMAIN}")}, "it belongs to Domain Admins through it"),
        ({"primarygroupid": [b"512"]}, "it belongs to Domain Admins"),
        ({"primarygroupid": [b"2000"]}, "it belongs to Domain Admins through it"),
        ({"sidhistory": [of_domain(519)]}, "it belongs to Enterprise Admins"),
        ({"sidhistory": [sid(32, 548)]}, "it belongs to Account Operators"),
        (
            {"sidhistory": [sid(*OTHER_DOMAIN, 512)]},
            "it has the SID of Domain Admins of another domain in its sIDHistory",
        ),
        (
            {"sidhistory": [sid(*OTHER_DOMAIN, 500)]},
            "it has the SID of the built-in administrator of another domain in its sIDHistory",
        ),
        ({"admincount": [b"1"]}, "it has adminCount set, so it is or was an administrator"),
        ({"objectsid": [of_domain(500)]}, "it is the built-in administrator"),
        ({"objectsid": [of_domain(1800)]}, "it is the account that this run signs in with"),
        ({"objectsid": [of_domain(1700)]}, "it may replicate the domain, or give itself that right"),
        ({"useraccountcontrol": [b"524800"]}, "it is trusted for delegation, so it can act as others"),
        ({"useraccountcontrol": [b"16777728"]}, "it is trusted for delegation, so it can act as others"),
        (
            {"msds_allowedtodelegateto": texts("cifs/files.contoso.com")},
            "it is trusted for delegation, so it can act as others",
        ),
    ],
)
def test_a_protected_account(changes: Mapping[str, Sequence[bytes]], why: str) -> None:
    assert why_protected(account(**changes), SHIELD) == why


@pytest.mark.parametrize("name", ["objectsid", "primarygroupid", "useraccountcontrol"])
@pytest.mark.parametrize("value", [[], [b"x"]])
def test_an_account_that_hides_itself_is_protected(name: str, value: Sequence[bytes]) -> None:
    hidden = why_protected(account(**{name: value}), SHIELD)
    assert hidden == "it does not show its objectSid, primaryGroupID or userAccountControl"


def test_adminCount_of_zero_protects_nobody() -> None:
    assert why_protected(account(admincount=[b"0"]), SHIELD) is None


@pytest.mark.parametrize("everybody", [sid(0, authority=1), sid(11), of_domain(513)])
def test_a_right_of_everybody_is_a_right_of_each(everybody: bytes) -> None:
    shield = build_shield(DOMAIN_SID, [], [everybody], [])
    assert why_protected(account(), shield) == "it may replicate the domain, or give itself that right"


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"objectsid": [of_domain(512)], "samaccountname": texts("Domänen-Admins")}, "Domain Admins"),
        ({"objectsid": [sid(32, 544)], "samaccountname": texts("Administratoren")}, "Administrators"),
        ({"objectsid": [of_domain(1101)], "samaccountname": texts("dnsadmins")}, "dnsadmins"),
        ({"objectsid": [of_domain(1102)], "samaccountname": texts("ADSyncAdmins")}, "ADSyncAdmins"),
        ({"objectsid": [of_domain(1103)], "sidhistory": [of_domain(526)]}, "Key Admins"),
        ({"objectsid": [of_domain(1104)], "sidhistory": [sid(*OTHER_DOMAIN, 519)]}, "Enterprise Admins"),
        ({"objectsid": [of_domain(1105)], "sidhistory": [sid(*OTHER_DOMAIN, 1105)]}, None),
        ({"objectsid": [of_domain(513)], "samaccountname": texts("Domain Admins")}, None),
    ],
)
def test_a_group_is_told_by_its_sid(attributes: Mapping[str, Sequence[bytes]], name: str | None) -> None:
    assert powerful_name(attributes, powerful_sids(DOMAIN_SID)) == name


@pytest.mark.parametrize(
    "entry",
    [
        ace(of_domain(7), 0x100, ALLOWED_OBJECT, right=GET_CHANGES),
        ace(of_domain(7), 0x100, ALLOWED_OBJECT, right=GET_CHANGES_ALL, inherited=True),
        ace(of_domain(7), 0x100, ALLOWED_OBJECT, right=GET_FILTERED, flags=0x2),
        ace(of_domain(7), 0x100, ALLOWED_OBJECT),
        ace(of_domain(7), 0x100),
        ace(of_domain(7), 0x40000),
        ace(of_domain(7), 0x80000, flags=0x10),
        ace(of_domain(7), 0x10000000),
        ace(of_domain(7), 0xF01FF),
        ace(of_domain(7), 0x100, ALLOWED_WITH_CONDITION),
        ace(of_domain(7), 0x100, ALLOWED_OBJECT_WITH_CONDITION, right=GET_CHANGES),
    ],
)
def test_who_may_replicate(entry: bytes) -> None:
    before = ace(sid(11), 0x100, ALLOWED_OBJECT, right=UNEXPIRE_PASSWORD)
    access = read_access(descriptor(before, entry, owner=of_domain(512)))
    assert replicators(access) == {of_domain(7), of_domain(512)}


@pytest.mark.parametrize(
    "entry",
    [
        ace(of_domain(7), 0x100, ALLOWED_OBJECT, right=UNEXPIRE_PASSWORD),
        ace(of_domain(7), 0x10, ALLOWED_OBJECT, right=GET_CHANGES),
        ace(of_domain(7), 0x20094),
        ace(of_domain(7), 0x10000000, flags=0x8 | 0x2),
        ace(of_domain(7), 0x100, DENIED),
    ],
)
def test_who_may_not(entry: bytes) -> None:
    assert replicators(read_access(descriptor(entry))) == {of_domain(512)}


USER_CLASS, GROUP_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2", "bf967a9c-0de6-11d0-a285-00aa003049e2"
EVERYONE = sid(0, authority=1)


@pytest.mark.parametrize(
    ("account", "parent", "may"),
    [
        ([], [], False),
        ([ace(of_domain(7), 0x10000)], [], True),
        ([ace(of_domain(7), 0x10000000)], [], True),
        ([ace(sid(11), 0x10000)], [], True),
        ([ace(of_domain(8), 0x10000)], [], False),
        ([ace(of_domain(7), 0x10000, flags=0x8 | 0x2)], [], False),
        # Protected from accidental deletion: on the account, and on both.
        ([ace(EVERYONE, 0x10040, DENIED), ace(of_domain(7), 0xF01FF)], [], False),
        ([ace(EVERYONE, 0x10040, DENIED), ace(of_domain(7), 0xF01FF)], [ace(of_domain(7), 0x2)], True),
        ([ace(EVERYONE, 0x10040, DENIED)], [ace(EVERYONE, 0x2, DENIED), ace(of_domain(7), 0xF01FF)], False),
        ([ace(of_domain(7), 0xF01FF)], [ace(EVERYONE, 0x2, DENIED)], True),
        ([ace(of_domain(7), 0x10000), ace(EVERYONE, 0x10000, DENIED)], [], True),
        # OWNER RIGHTS; the owner of these is somebody else.
        ([ace(sid(4, authority=3), 0x10000)], [], False),
        # Only objects of a class.
        ([], [ace(of_domain(7), 0x2, ALLOWED_OBJECT, right=USER_CLASS)], True),
        ([], [ace(of_domain(7), 0x2, ALLOWED_OBJECT, right=GROUP_CLASS)], False),
        ([], [ace(of_domain(7), 0x2, DENIED_OBJECT, right=USER_CLASS), ace(of_domain(7), 0x2)], False),
        ([], [ace(of_domain(7), 0x2, DENIED_OBJECT, right=GROUP_CLASS), ace(of_domain(7), 0x2)], True),
    ],
)
def test_who_may_delete_an_account(account: list[bytes], parent: list[bytes], may: bool) -> None:
    """By the right on the account or on its parent; of several entries the first one counts."""
    assert may_delete(read_access(descriptor(*account)), read_access(descriptor(*parent)), [of_domain(7)]) is may


def test_an_owner_may_do_what_the_list_allows_owners() -> None:
    own, nobodys = descriptor(ace(sid(4, authority=3), 0x10000), owner=of_domain(7)), descriptor()
    assert may_delete(read_access(own), read_access(nobodys), [of_domain(7)])


def test_a_descriptor_that_is_cut_short() -> None:
    whole = descriptor(ace(of_domain(7), 0x100, ALLOWED_OBJECT, right=GET_CHANGES), ace(of_domain(8), 0x100))
    assert len(read_access(whole).grants) == 2
    for size in range(len(whole)):
        with pytest.raises(MalformedDescriptor):
            read_access(whole[:size])


def test_a_descriptor_without_owner_or_list() -> None:
    whole = descriptor(ace(of_domain(7), 0x100))
    for hidden in (
        whole[:2] + b"\0\x80" + whole[4:],
        whole[:4] + bytes(4) + whole[8:],
        whole[:16] + bytes(4) + whole[20:],
    ):
        with pytest.raises(MalformedDescriptor):
            read_access(hidden)
