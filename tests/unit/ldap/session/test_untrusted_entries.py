# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of a directory that are too large, have no end, come in ranges, or hold what their attributes cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from conftest import Options, Run
from forest_script import ATTRIBUTES, BIND, DOMAIN, ROOT, by_guid_name, guid, look_up, names, person
from ldap_wire import BASE, SUB, Answer, Done, Entry, Search, Turn

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session import connection, search
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.options import LdapOptions

START = [BIND, ROOT]
ANNA = names(b"anna")
PRESENT = ("present", b"objectClass")


def asked(*entries: Answer) -> Turn:
    return look_up(ANNA, *entries)


def page(*entries: Answer, cookie: bytes) -> Turn:
    return Turn(Search, (*entries, Done(cookie=cookie)))


@pytest.mark.parametrize(("port", "mode"), [(3268, "start_tls"), (3269, "ldaps")])
def test_a_global_catalog_is_refused(options: Options, port: int, mode: str) -> None:
    with pytest.raises(InputError, match=f"Port {port} is the port of a global catalog, .* Remove port"):
        LdapOptions.from_params(options(port=port, tls_mode=mode), writes=True)


def more(number: int, first: int, last: int | str, *values: str, told: str = "proxyAddresses") -> Turn:
    """A read of further values of an attribute, and the answer."""
    request = Search(by_guid_name(number), BASE, PRESENT, (f"proxyaddresses;range={first}-*".encode(),))
    return Turn(request, (Entry("CN=anna", {f"{told};range={first}-{last}": values}), Done()))


def test_values_that_come_in_ranges_are_read_to_the_end(run: Run) -> None:
    """The server sends the attribute as empty too, as Active Directory does."""
    first = person(1, "anna", **{"proxyAddresses": [], "proxyAddresses;range=0-1": ["smtp:a@b.c", "smtp:b@b.c"]})
    first = Entry(first.name, {**first.values, "proxyAddresses": []})
    script = [*START, asked(first), more(1, 2, 3, "smtp:c@b.c", "smtp:d@b.c"), more(1, 4, "*", "SMTP:e@b.c")]
    (user,) = run(script, identities=["anna"])["users"]
    expected = ["SMTP:e@b.c", "smtp:a@b.c", "smtp:b@b.c", "smtp:c@b.c", "smtp:d@b.c"]
    assert (user["status"], user["proxy_addresses"]) == ("found", expected)


def test_pages_go_on_after_a_range_was_read(run: Run) -> None:
    ranged = person(1, "anna", **{"proxyAddresses;range=0-0": ["smtp:a@b.c"]})
    script = [*START, page(ranged, cookie=b"more"), more(1, 1, "*", "smtp:b@b.c"), page(person(2, "bob"), cookie=b"")]
    anna, bob = run(script, upn_suffix=["contoso.com"])["users"]
    assert anna["proxy_addresses"] == ["smtp:a@b.c", "smtp:b@b.c"]
    assert bob["status"] == "found"


@pytest.mark.parametrize(
    "turn",
    [
        Turn(Search, (Entry("CN=anna", {}), Done())),
        Turn(Search, (Done(),)),
        more(1, 1, "*"),
        more(1, 1, "*", "smtp:b@b.c", told="mail"),
        Turn(Search, (Entry("CN=anna", {"proxyAddresses;range=0-*": ["smtp:b@b.c"]}), Done())),
    ],
)
def test_a_range_that_is_not_continued(run: Run, turn: Turn) -> None:
    ranged = person(1, "anna", **{"proxyAddresses;range=0-0": ["smtp:a@b.c"]})
    result = run([*START, asked(ranged), turn], identities=["anna"])
    assert (result["failed"], result["cause"]) == (True, "values_missing")


@pytest.mark.parametrize("told", ["proxyAddresses;range=1-*", "proxyAddresses;range=5-9", "memberOf;range=9-5"])
def test_a_range_that_does_not_begin_at_the_first_value(run: Run, told: str) -> None:
    """What is before it was not sent, and may be the group that makes an administrator."""
    result = run([*START, asked(person(1, "anna", **{told: ["smtp:b@b.c"]}))], identities=["anna"])
    assert (result["failed"], result["cause"]) == (True, "values_missing")


def test_a_listing_without_an_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SPARE_PAGES", 3)
    again = [page(person(1, "anna"), cookie=b"same") for _page in range(4)]
    result = run([*START, *again], upn_suffix=["contoso.com"])
    assert (result["failed"], result["cause"]) == (True, "endless_listing")


def test_an_answer_is_bounded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_LDAP_ANSWER", 10_000)
    large = [person(number, f"user{number}", mail=["x" * 1000]) for number in range(12)]
    result = run([*START, Turn(Search, (*large, Done(cookie=b"")))], upn_suffix=["contoso.com"])
    assert (result["failed"], result["cause"]) == (True, "answer_too_large")
    pages = [page(*large[:6], cookie=b"1"), page(*large[6:], cookie=b"")]
    assert run([*START, *pages], upn_suffix=["contoso.com"])["summary"]["found"] == 12


def test_an_object_that_is_too_large_is_left_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_OBJECT", 2_000)
    large = person(1, "anna", mail=["x" * 3000])
    result = run([*START, page(large, person(2, "bob"), cookie=b"")], upn_suffix=["contoso.com"])
    assert [user["user_principal_name"] for user in result.get("users", [result])] == ["bob@contoso.com"]


BAD: list[dict[str, Sequence[bytes | str]]] = [
    {"userAccountControl": ["many"]},
    {"userAccountControl": ["512", "514"]},
    {"userAccountControl": ["9" * 5000]},
    {"sAMAccountType": ["x"]},
    {"userPrincipalName": [b"anna\xff@contoso.com"]},
    {"userPrincipalName": ["anna@contoso.com", "bob@contoso.com"]},
    {"userPrincipalName": [b"anna@contoso.com\0"]},
    {"mail": [b"\xc3\x28"]},
    {"proxyAddresses": ["smtp:a@b.c", b"\xff"]},
    {"mS-DS-ConsistencyGuid": [b"1", b"2"]},
    {"msExchRecipientTypeDetails": ["1.5"]},
]


@pytest.mark.parametrize("values", BAD)
def test_a_bad_object_is_refused_and_the_others_are_taken(run: Run, values: dict[str, Any]) -> None:
    bad = person(1, "anna")
    bad = Entry(bad.name, {**bad.values, **values})
    script = [*START, page(bad, person(2, "bob"), cookie=b"")]
    if "sAMAccountType" in values:
        result = run(script, upn_suffix=["contoso.com"])
        assert [user["status"] for user in result["users"]] == ["found"]
        return
    result = run(script, upn_suffix=["contoso.com"], max_refused="100%", stamp=False)
    by_status = {user["status"]: user for user in result["users"]}
    assert sorted(by_status) == ["found", "refused"]
    assert by_status["refused"]["cause"] == "unreadable_object"
    assert f"{next(iter(values)).lower()} of {bad.name}" in by_status["refused"]["reason"]
    assert by_status["refused"]["immutable_id"] is None


@pytest.mark.parametrize("values", [[], [b"short"], [guid(1).bytes_le, guid(2).bytes_le]])
def test_an_object_without_a_guid_is_left_out(run: Run, values: list[bytes]) -> None:
    bad = Entry(f"CN=anna,OU=Staff,{DOMAIN}", {**person(1, "anna").values, "objectGUID": values})
    result = run([*START, page(bad, person(2, "bob"), cookie=b"")], upn_suffix=["contoso.com"])
    assert [user["user_principal_name"] for user in result.get("users", [result])] == ["bob@contoso.com"]
    assert "1 object was skipped, because the directory does not show the objectGUID" in str(result["warnings"])


def test_attributes_that_are_asked_for_are_the_known_ones() -> None:
    turn = asked()
    assert isinstance(turn.expected, Search)
    assert (turn.expected.scope, turn.expected.attributes) == (SUB, ATTRIBUTES)
