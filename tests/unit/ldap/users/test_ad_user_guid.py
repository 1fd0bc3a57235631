# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ad_user_guid against the scripted server: the very filters it sends, what it makes of the answers, what it writes."""

from __future__ import annotations

from typing import Any

import pytest
from anchor_script import unclaimed
from conftest import Certificates, Options, Run, RunModule
from forest_script import ATTRIBUTES, BIND, DOMAIN, ROOT, UNGUARDED, by_guid_name, guid, look_up, names, person
from ldap_wire import ADD, BASE, CLOSE, DIE, ONE, SUB, Answer, Done, Entry, Modify, Reference, Search, Turn, Wire, pair
from support.descriptors import of_domain
from support.nasty_text import FORGED, INVISIBLE

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.visible import visible
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_requests import read_requests
from ansible_collections.hybrid.identity.plugins.modules import ad_user_guid

START = [BIND, ROOT]
FOREIGN = guid(200)

PEOPLE = (
    ("equal", b"sAMAccountType", b"805306368"),
    ("not", ("present", b"isCriticalSystemObject")),
    ("not", ("substrings", b"sAMAccountName", ("initial", b"AAD_"))),
    ("not", ("substrings", b"sAMAccountName", ("initial", b"MSOL_"))),
    ("not", ("substrings", b"sAMAccountName", ("initial", b"krbtgt_"))),
    ("not", ("equal", b"sAMAccountName", b"krbtgt")),
    ("not", ("equal", b"sAMAccountName", b"SUPPORT_388945a0")),
)


def searched(*entries: Answer, more: tuple[object, ...] = (), base: str = DOMAIN, scope: int = SUB) -> Turn:
    request = Search(base.encode(), scope, ("and", *PEOPLE, *more), ATTRIBUTES, (1000, b""))
    return Turn(request, (*entries, Done(cookie=b"")))


def stamp(number: int, *answers: Answer) -> Turn:
    change = ((ADD, b"mS-DS-ConsistencyGuid", (guid(number).bytes_le,)),)
    return Turn(Modify(by_guid_name(number), change), answers or (Done(),))


def statuses(result: dict[str, Any]) -> list[str]:
    return [user["status"] for user in result["users"]]


def test_a_record_holds_all_of_a_user(run: Run) -> None:
    entry = person(
        1,
        "anna",
        mail=["Anna@contoso.com"],
        proxyAddresses=["smtp:b@contoso.com", "SMTP:Anna@contoso.com"],
        userAccountControl=["514"],
        objectSid=[of_domain(1600)],
    )
    result = run([*START, look_up(names(b"anna@contoso.com"), entry)], identities=["anna@contoso.com"])
    assert result["changed"] is False
    assert result["users"] == [
        {
            "identity": "anna@contoso.com",
            "user_principal_name": "anna@contoso.com",
            "sam_account_name": "anna",
            "distinguished_name": f"CN=anna,OU=Staff,{DOMAIN}",
            "object_guid": str(guid(1)),
            "consistency_guid": None,
            "source_anchor": "objectGUID",
            "immutable_id": "3jFgh7G/i0+csBxnpglNAQ==",
            "mail": "Anna@contoso.com",
            "proxy_addresses": ["SMTP:Anna@contoso.com", "smtp:b@contoso.com"],
            "enabled": False,
            "external_directory_object_id": None,
            "object_soa": None,
            "object_sid": "S-1-5-21-1-2-3-1600",
            "status": "found",
            "before": None,
            "after": None,
            "changed": False,
            "cause": None,
            "reason": None,
        }
    ]


def test_every_kind_of_identity_in_one_request(run: Run) -> None:
    conditions = (
        *names(b"anna@contoso.com"),
        *names(b"bob"),
        ("equal", b"objectGUID", guid(3).bytes_le),
        ("equal", b"distinguishedName", f"cn=Dora, ou=staff,{DOMAIN}".encode()),
    )
    found = [person(number, name) for number, name in enumerate(["anna", "bob", "carl", "dora"], start=1)]
    asked = ["anna@contoso.com", "bob", f"{{{str(guid(3)).upper()}}}", f"cn=Dora, ou=staff,{DOMAIN}"]
    result = run([*START, look_up(conditions, *reversed(found))], identities=asked)
    assert [user["sam_account_name"] for user in result["users"]] == ["anna", "bob", "carl", "dora"]
    assert result["summary"]["found"] == result["summary"]["total"] == 4


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "*)(objectClass=*",
        "a)(|(cn=*",
        "x\\",
        "\\2a",
        "(&(a=b))",
        "o'brien+tag#1@contoso.com",
        "Jürgen",
        "a=b",
        "nul\0l",
        "!&|~<>",
    ],
)
def test_identities_are_literal_text(run: Run, text: str) -> None:
    result = run([*START, look_up(names(text.encode()))], identities=[text], max_refused="100%")
    assert statuses(result) == ["missing"]


def test_a_name_is_literal_in_an_answer_too(run: Run) -> None:
    odd = "o*()\\d"
    entry = person(1, "odd", sAMAccountName=[odd])
    result = run([*START, look_up(names(odd.encode()), entry)], identities=[odd])
    assert statuses(result) == ["found"]


def test_typed_apart_umlauts_are_composed(run: Run) -> None:
    entry = person(1, "jürgen")
    result = run(
        [*START, look_up(names("jürgen@contoso.com".encode()), entry)], identities=["ju\u0308rgen@contoso.com"]
    )
    assert statuses(result) == ["found"]


def test_an_answer_that_ignores_accents_is_no_find(run: Run) -> None:
    result = run([*START, look_up(names("rené".encode()), person(1, "rene"))], identities=["rené"], max_refused="100%")
    assert statuses(result) == ["missing"]


def test_what_is_not_a_user_is_told_apart(run: Run) -> None:
    asked = [
        "nobody@contoso.com",
        "twin@contoso.com",
        "staff",
        "pc1$",
        "gmsa$",
        "TRUST$",
        "contact@contoso.com",
        "admin",
        "MSOL_1",
    ]
    computer = ["top", "person", "organizationalPerson", "user", "computer"]
    entries = [
        person(1, "twin"),
        person(2, "other", mail=["Twin@contoso.com"]),
        person(3, "staff", objectClass=["top", "group"], userPrincipalName=[], sAMAccountType=["268435456"]),
        person(4, "pc1$", objectClass=computer, userPrincipalName=[], sAMAccountType=["805306369"]),
        person(5, "gmsa$", objectClass=[*computer, "msDS-GroupManagedServiceAccount"], sAMAccountType=["805306369"]),
        person(6, "TRUST$", userPrincipalName=[], sAMAccountType=["805306370"]),
        person(
            7,
            "c",
            objectClass=["top", "person", "contact"],
            userPrincipalName=[],
            sAMAccountName=[],
            sAMAccountType=[],
            mail=["contact@contoso.com"],
        ),
        person(8, "admin", isCriticalSystemObject=["TRUE"]),
        person(9, "MSOL_1"),
    ]
    conditions = tuple(condition for text in asked for condition in names(text.encode()))
    result = run([*START, look_up(conditions, *entries)], identities=asked, max_refused="100%")
    wanted = ["missing", "ambiguous", *["not_a_user"] * 5, *["system_account"] * 2]
    assert statuses(result) == wanted
    assert [user["identity"] for user in result["users"]] == asked
    assert result["users"][0]["user_principal_name"] == "nobody@contoso.com"
    assert result["users"][2]["user_principal_name"] is None
    reasons = " ".join(user["reason"] for user in result["users"])
    for words in (
        "CN=twin,",
        "CN=other,",
        "a group",
        "a computer",
        "a group managed service account",
        "a trust account",
        "a contact",
    ):
        assert words in reasons
    refusals = [request.refusal.cause for request in read_requests(result["users"]) if request.refusal]
    assert refusals == [f"ad_{status}" for status in wanted]


def test_by_default_one_missing_identity_fails_before_any_write(run: Run) -> None:
    script = [*START, look_up((*names(b"anna"), *names(b"nobody")), person(1, "anna")), unclaimed(1)]
    result = run(script, identities=["anna", "nobody"], stamp=True, skip_checks=UNGUARDED)
    assert result["failed"] is True
    assert statuses(result) == ["found", "missing"]
    assert result["users"][0]["changed"] is False
    assert result["users"][0]["after"] is None
    assert result["summary"]["missing"] == 1
    assert "1 of 2 users cannot be used, and nothing was written: No object in" in result["msg"]
    assert "max_refused" in result["msg"]


@pytest.mark.parametrize(("most", "goes_on"), [("1", True), ("50%", True), ("49%", False), (0, False)])
def test_so_many_may_be_refused(run: Run, most: str | int, goes_on: bool) -> None:
    script = [*START, look_up((*names(b"anna"), *names(b"nobody")), person(1, "anna"))]
    result = run(script, identities=["anna", "nobody"], max_refused=most)
    assert result.get("failed", False) is not goes_on
    assert statuses(result) == ["found", "missing"]


def test_a_limit_is_a_count_or_a_percentage(run: Run) -> None:
    assert "max_refused: 'skip' is neither a count of users" in run([], identities=["a"], max_refused="skip")["msg"]


def test_no_name_in_ad_forges_a_line(run: Run) -> None:
    forged = person(1, "anna", userPrincipalName=[FORGED])
    result = run([*START, searched(forged), unclaimed(1), stamp(1)], stamp=True, skip_checks=UNGUARDED)
    assert result["users"][0]["user_principal_name"] == FORGED
    assert result["diff"]["after"] == f"{visible(FORGED)}: {guid(1)}\n"
    cloud = person(1, "anna", userPrincipalName=[FORGED], msDS_ExternalDirectoryObjectId=["User_1"])
    refused = run([*START, searched(cloud)], stamp=True, skip_checks=UNGUARDED)
    assert visible(FORGED) in refused["msg"]
    assert visible(FORGED) in refused["users"][0]["reason"]
    assert not INVISIBLE & set(refused["msg"] + refused["users"][0]["reason"])


def test_a_user_and_its_look_alike_are_two_users(run: Run) -> None:
    pair = ["sysadmin@contoso.com", "\u017fysadmin@contoso.com"]
    found = [person(number, f"user{number}", userPrincipalName=[upn]) for number, upn in enumerate(pair, start=1)]
    result = run([*START, Turn(Search, (*found, Done(cookie=b"")))], identities=pair)
    assert statuses(result) == ["found", "found"]
    assert [user["user_principal_name"] for user in result["users"]] == pair


def test_a_search_by_suffix_finds_no_look_alikes_of_it(run: Run) -> None:
    pair = ["anna@Contoso.com", "bob@conto\u017fo.com"]
    found = [person(number, f"user{number}", userPrincipalName=[upn]) for number, upn in enumerate(pair, start=1)]
    result = run([*START, Turn(Search, (*found, Done(cookie=b"")))], upn_suffix=["contoso.com"])
    assert [user["user_principal_name"] for user in result["users"]] == pair[:1]


@pytest.mark.parametrize("text", ["anna@contoso.com\u00a0", " anna", "anna\n", "\u2003anna", "anna\x1f"])
def test_nothing_is_stripped_from_an_identity(run: Run, text: str) -> None:
    assert "begins or ends with" in run([], identities=["bob", text])["msg"]


@pytest.mark.parametrize(
    "pair", [["anna", "ANNA"], ["anna", "anna@contoso.com"], [str(guid(1)), f"CN=Anna,OU=Staff,{DOMAIN}"]]
)
def test_two_identities_for_one_account_are_refused(run: Run, pair: list[str]) -> None:
    script = [*START, Turn(Search, (person(1, "anna"), Done(cookie=b"")))]
    result = run(script, identities=pair, stamp=True, skip_checks=UNGUARDED, max_refused="100%")
    assert statuses(result) == ["refused", "refused"]
    assert {user["cause"] for user in result["users"]} == {"duplicate_identity"}
    assert result["changed"] is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{876031de-bfb1-4f8b-9cb0-1c67a6094d3e",
        "876031de-bfb1-4f8b-9cb0-1c67a6094d3",
        "876031de-bfb1-4f8b-9cb0-1c67a6094g3e",
        "876031debfb14f8b9cb01c67a6094d3e",
        "{anna}",
    ],
)
def test_a_malformed_identity_fails_before_any_network(run: Run, text: str) -> None:
    result = run([], identities=["anna", text])
    assert result["failed"] is True
    assert "is not a GUID; write it as" in result["msg"] or "Identity 2 is empty" in result["msg"]


def test_no_identities_are_not_everybody(run: Run) -> None:
    assert "identities is empty" in run([], identities=[])["msg"]


@pytest.mark.parametrize("option", ["search_base", "search_filter", "upn_suffix"])
def test_identities_exclude_a_search(run: Run, option: str) -> None:
    assert "mutually exclusive" in run([], identities=["anna"], **{option: "x"})["msg"]


def test_many_identities_take_few_requests(run: Run) -> None:
    asked = [f"user{number}" for number in range(250)]
    chunks = [asked[:100], asked[100:200], asked[200:]]
    script = [
        look_up(
            [condition for text in chunk for condition in names(text.encode())],
            *(person(asked.index(text), text) for text in chunk),
        )
        for chunk in chunks
    ]
    result = run([*START, *script], identities=asked)
    assert [user["sam_account_name"] for user in result["users"]] == asked


def test_a_search_asks_for_people_alone(run: Run) -> None:
    left_out = [
        person(3, "CAS_{1234}"),
        person(4, "box", mailNickname=["SystemMailbox{1}"]),
        person(5, "plan", msExchRecipientTypeDetails=["16777216"]),
        Entry(f"CN=old\\0ACNF:{guid(6)},OU=Staff,{DOMAIN}", person(6, "old").values),
    ]
    no_upn = person(2, "zoe", userPrincipalName=[])
    first, third = person(1, "Bert"), person(7, "anna")
    result = run([*START, searched(first, no_upn, *left_out, Reference("ldap://x/DC=sub"), third)])
    assert [user["sam_account_name"] for user in result["users"]] == ["anna", "Bert", "zoe"]
    assert "identity" not in result["users"][0]


def test_conditions_of_a_search_all_hold(run: Run) -> None:
    more = (
        (
            "or",
            ("substrings", b"userPrincipalName", ("final", b"@contoso.com")),
            ("substrings", b"userPrincipalName", ("final", b"@*)(x")),
        ),
        ("or", ("equal", b"department", b"Sales"), ("equal", b"title", b"a)b")),
    )
    base = f"OU=Staff,{DOMAIN}"
    script = [*START, searched(person(1, "anna"), more=more, base=base, scope=ONE)]
    result = run(
        script,
        search_base=base,
        search_scope="one_level",
        search_filter=" (|(department=Sales)(title=a\\29b)) ",
        upn_suffix=["@contoso.com", "*)(x"],
    )
    assert statuses(result) == ["found"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "department=Sales",
        "(a=b)(c=d)",
        "(a=b))(|(cn=*)",
        "(&(a=b)",
        "(a=b))",
        "()",
        "(&)",
        "(a)",
        "(a=\\zz)",
        "(=b)",
        "((a=b))",
        "(!(a=b)(c=d))",
    ],
)
def test_a_malformed_filter_fails_before_any_network(run: Run, text: str) -> None:
    assert "is not an LDAP filter; write it as" in run([], search_filter=text)["msg"]


@pytest.mark.parametrize("text", ["", " ", "@", "a@b.com"])
def test_a_malformed_suffix_fails_before_any_network(run: Run, text: str) -> None:
    assert "is not a UPN suffix" in run([], upn_suffix=[text])["msg"]


def test_a_search_goes_through_all_pages(run: Run) -> None:
    first = searched(person(1, "anna"))
    assert isinstance(first.expected, Search)
    second = Search(DOMAIN.encode(), SUB, ("and", *PEOPLE), ATTRIBUTES, (1000, b"\x01cookie"))
    script = [
        Turn(first.expected, (person(1, "anna"), Done(cookie=b"\x01cookie"))),
        Turn(second, (person(2, "bob"), Reference("ldap://sub"), Done(cookie=b""))),
    ]
    assert run([*START, *script])["summary"]["found"] == 2


def test_a_server_that_dies_between_pages(run: Run, clock: list[float]) -> None:
    first = Turn(searched().expected, (person(1, "anna"), Done(cookie=b"c")))
    result = run([*START, first, Turn(Search, (person(2, "bob"), DIE))], stamp=True, skip_checks=UNGUARDED)
    assert sum(clock) == 60  # the connection_timeout: it may come back
    assert (result["failed"], result["cause"]) == (True, "connection_lost")
    assert "users" not in result


def test_a_server_that_comes_back_is_searched_from_the_beginning(run: Run) -> None:
    first = Turn(searched().expected, (person(1, "anna"), Done(cookie=b"c")))
    lost = Turn(Search, (person(2, "bob"), CLOSE))
    result = run([*START, first, lost, BIND, searched(person(1, "anna"), person(2, "bob"))])
    assert [user["sam_account_name"] for user in result["users"]] == ["anna", "bob"]


def test_a_server_that_always_dies_at_the_same_place_is_given_up(run: Run) -> None:
    first = Turn(searched().expected, (person(1, "anna"), Done(cookie=b"c")))
    lost = Turn(Search, (CLOSE,))
    result = run([*START, first, lost, BIND, first, lost])
    assert (result["failed"], result["cause"]) == (True, "connection_lost")


def test_another_server_takes_over_between_pages_and_gets_the_writes(
    certificates: Certificates, options: Options, run_module: RunModule
) -> None:
    begun = Turn(searched().expected, (person(2, "bob"), person(1, "anna"), Done(cookie=b"c")))
    renamed = Entry(f"CN=anna2,OU=Staff,{DOMAIN}", person(1, "anna").values)
    rest = searched(renamed, person(2, "bob"), person(3, "carl"))
    first = Wire([*START, begun, Turn(Search, (DIE,))], certificates.good)
    stamps = [stamp(1), stamp(2), stamp(3)]
    second = Wire([BIND, rest, unclaimed(1, 2, 3), *stamps], certificates.good)
    with pair(first, second):
        arguments = options(first, server=["127.0.0.1", "127.0.0.2"])
        result, _printed = run_module(ad_user_guid, {**arguments, "stamp": True, "skip_checks": UNGUARDED})
    first.verify()
    second.verify()
    assert result["summary"]["stamped"] == 3, result
    assert sorted(user["sam_account_name"] for user in result["users"]) == ["anna", "bob", "carl"]


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (3, "time_limit"),
        (4, "size_limit"),
        (11, "admin_limit"),
        (12, "control_not_supported"),
        (32, "no_such_object"),
        (34, "invalid_dn"),
        (10, "referral"),
    ],
)
def test_a_refused_search(run: Run, code: int, cause: str) -> None:
    result = run(
        [*START, Turn(Search, (Done(code, referral="ldap://other/" if code == 10 else None),))], search_base="OU=x"
    )
    assert (result["failed"], result["cause"], result["result_code"]) == (True, cause, code)


@pytest.mark.parametrize(
    ("choice", "value", "anchor", "immutable_id"),
    [
        ("auto", None, "objectGUID", "3jFgh7G/i0+csBxnpglNAQ=="),
        ("auto", FOREIGN.bytes_le, "mS-DS-ConsistencyGuid", "3jFgh7G/i0+csBxnpglNyA=="),
        ("auto", b"any bytes", "mS-DS-ConsistencyGuid", "YW55IGJ5dGVz"),
        ("objectGUID", FOREIGN.bytes_le, "objectGUID", "3jFgh7G/i0+csBxnpglNAQ=="),
        ("mS-DS-ConsistencyGuid", None, "mS-DS-ConsistencyGuid", None),
    ],
)
def test_source_anchors(run: Run, choice: str, value: bytes | None, anchor: str, immutable_id: str | None) -> None:
    entry = person(1, "anna", mS_DS_ConsistencyGuid=[value] if value else [])
    user = run([*START, searched(entry)], source_anchor=choice)["users"][0]
    assert (user["source_anchor"], user["immutable_id"]) == (anchor, immutable_id)


def test_stamps_only_what_is_empty(run: Run) -> None:
    filled = person(2, "bob", mS_DS_ConsistencyGuid=[FOREIGN.bytes_le])
    result = run(
        [*START, searched(person(1, "anna"), filled), unclaimed(1), stamp(1)], stamp=True, skip_checks=UNGUARDED
    )
    assert result["changed"] is True
    anna, bob = result["users"]
    assert (anna["status"], anna["before"], anna["after"], anna["consistency_guid"]) == (
        "stamped",
        None,
        str(guid(1)),
        str(guid(1)),
    )
    assert (anna["source_anchor"], anna["immutable_id"]) == ("mS-DS-ConsistencyGuid", "3jFgh7G/i0+csBxnpglNAQ==")
    assert (bob["status"], bob["before"], bob["after"], bob["changed"]) == ("found", str(FOREIGN), str(FOREIGN), False)
    assert result["diff"]["before"] == "anna@contoso.com: (none)\n"
    assert result["diff"]["after"] == f"anna@contoso.com: {guid(1)}\n"


def test_check_mode_shows_the_same_plan_and_writes_nothing(run: Run) -> None:
    real = run([*START, searched(person(1, "anna")), unclaimed(1), stamp(1)], stamp=True, skip_checks=UNGUARDED)
    checked = run([*START, searched(person(1, "anna")), unclaimed(1)], stamp=True, skip_checks=UNGUARDED, check=True)
    for result in (real, checked):
        result.pop("invocation", None)
    assert checked == real


def test_an_account_of_the_cloud_is_not_stamped(run: Run) -> None:
    cloud = person(1, "anna", msDS_ExternalDirectoryObjectId=["User_5a5c7e0e-2a4e-4e9b-9d6a-6b1b9e5f3c11"])
    result = run([*START, searched(cloud, person(2, "bob")), unclaimed(2)], stamp=True, skip_checks=UNGUARDED)
    assert result["failed"] is True
    assert statuses(result) == ["refused", "found"]
    skipped = run(
        [*START, searched(cloud, person(2, "bob")), unclaimed(2), stamp(2)],
        stamp=True,
        skip_checks=UNGUARDED,
        max_refused="100%",
    )
    assert statuses(skipped) == ["refused", "stamped"]
    assert skipped["users"][0]["cause"] == "cloud_managed_account"


@pytest.mark.parametrize("code", [19, 20])
def test_a_value_that_came_in_between_stays(run: Run, code: int) -> None:
    name = f"CN=anna,OU=Staff,{DOMAIN}"
    read = Turn(
        Search(by_guid_name(1), BASE, ("present", b"objectClass"), (b"mS-DS-ConsistencyGuid",)),
        (Entry(name, {"mS-DS-ConsistencyGuid": [FOREIGN.bytes_le]}), Done()),
    )
    result = run(
        [*START, searched(person(1, "anna")), unclaimed(1), stamp(1, Done(code)), read],
        stamp=True,
        skip_checks=UNGUARDED,
    )
    assert (result["changed"], statuses(result)) == (False, ["found"])
    assert result["users"][0]["consistency_guid"] == str(FOREIGN)


def test_one_refused_write_is_one_users(run: Run) -> None:
    found = [person(number, name) for number, name in ((1, "anna"), (2, "bob"), (3, "carl"))]
    script = [
        *START,
        searched(*found),
        unclaimed(1, 2, 3),
        stamp(1),
        stamp(2, Done(50)),
        stamp(3),
    ]
    result = run(script, stamp=True, skip_checks=UNGUARDED)
    assert (result["failed"], result["changed"], result["cause"]) == (True, True, "insufficient_rights")
    assert statuses(result) == ["stamped", "failed", "stamped"]
    assert (result["users"][1]["after"], result["users"][1]["consistency_guid"]) == (None, None)
    assert "mS-DS-ConsistencyGuid was written for 2 users, and not for 1 user" in result["msg"]


def test_a_lost_connection_ends_the_writes(run: Run) -> None:
    found = [person(number, name) for number, name in ((1, "anna"), (2, "bob"), (3, "carl"))]
    result = run(
        [*START, searched(*found), unclaimed(1, 2, 3), stamp(1), stamp(2, CLOSE)],
        stamp=True,
        skip_checks=UNGUARDED,
    )
    assert statuses(result) == ["stamped", "failed", "failed"]
    assert [user["cause"] for user in result["users"]] == [None, "connection_lost", "not_tried"]
    assert "It is unknown" in result["users"][1]["reason"]
