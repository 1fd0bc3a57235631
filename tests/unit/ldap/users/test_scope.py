# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which users are in the scope of a plan, and which of them still are when it is applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Certificates, Options
from forest_script import DOMAIN, guid, person
from ldap_wire import Search
from live_directory import LiveDirectory

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.options import LdapOptions
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users import scope as scopes
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.lookup import Lookup
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.scope import Scope

STAFF = f"OU=Staff,{DOMAIN}"
NAMES = ("anna", "bob", "carl")
GUIDS = {name: str(guid(number)) for number, name in enumerate(NAMES, start=1)}
SCOPES: dict[str, dict[str, Any]] = {
    "users": {"users": ["anna@contoso.com", "bob@contoso.com"]},
    "upn_suffixes": {"upn_suffixes": ["contoso.com"]},
    "search_base": {"search_base": STAFF},
    "search_filter": {"search_base": DOMAIN, "search_filter": "(department=Sales)"},
    "all": {"all": True},
}


@pytest.fixture
def directory(certificates: Certificates) -> Iterator[LiveDirectory]:
    with LiveDirectory([], certificates.good) as server:
        server.put(person(1, "anna", department=["Sales"]), person(2, "bob", department=["Sales"]), person(3, "carl"))
        server.change("carl", userPrincipalName=["carl@fabrikam.com"])
        server.move("carl", f"OU=Other,{DOMAIN}")
        yield server
    assert server.problems == []


def found(directory: LiveDirectory, options: Options, given: dict[str, Any], *guids: str) -> list[str]:
    """Return the UPNs of the users in scope; with ``guids``, of those of them who still are."""
    scope = Scope.from_option(given)
    with connected(LdapOptions.from_params(options(directory), writes=False)) as session:
        lookup = Lookup(session, DOMAIN, "auto", with_attributes=False)
        users = scope.find_again(lookup, guids) if guids else {str(each): each for each in scope.find(lookup)}
    if guids:
        assert set(users) <= set(guids)
    return sorted(str(each.result()["user_principal_name"]) for each in users.values())


@pytest.mark.parametrize("given", SCOPES.values(), ids=SCOPES)
def test_who_is_in_scope(directory: LiveDirectory, options: Options, given: dict[str, Any]) -> None:
    both = ["anna@contoso.com", "bob@contoso.com"]
    assert found(directory, options, given) == ([*both, "carl@fabrikam.com"] if "all" in given else both)
    # The same is asked again, of those who were planned.
    assert found(directory, options, given, *GUIDS.values()) == found(directory, options, given)
    assert found(directory, options, given, GUIDS["bob"]) == ["bob@contoso.com"]


@pytest.mark.parametrize("few", [0, 300])
@pytest.mark.parametrize("given", SCOPES.values(), ids=SCOPES)
def test_who_is_not_in_scope_any_more(
    directory: LiveDirectory, options: Options, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], few: int
) -> None:
    """Whether few users are looked for by their GUIDs, or many by the whole scope."""
    monkeypatch.setattr(scopes, "_FEW", few)
    if "search_filter" in given:
        directory.change("anna", department=["Finance"])
    elif "search_base" in given:
        directory.move("anna", f"OU=Other,{DOMAIN}")
    elif "all" in given:
        directory.delete("anna")
    else:
        directory.change("anna", userPrincipalName=["anna@fabrikam.com"])
    # Somebody else has the name now.
    directory.put(person(9, "new", userPrincipalName=["anna@contoso.com"], department=["Sales"]))
    assert found(directory, options, given, GUIDS["anna"], GUIDS["bob"]) == ["bob@contoso.com"]


def test_few_users_are_looked_for_by_their_guids_within_the_scope(directory: LiveDirectory, options: Options) -> None:
    found(directory, options, SCOPES["search_filter"], GUIDS["anna"])
    (asked,) = [each for each in directory.requests if isinstance(each, Search) and each.base]
    chosen = ("and", ("equal", b"department", b"Sales"), ("equal", b"objectGUID", guid(1).bytes_le))
    assert chosen in asked.filter


def test_a_user_who_is_named_and_is_not_there_stays_in_the_list(directory: LiveDirectory, options: Options) -> None:
    scope = Scope.from_option({"users": ["nobody@contoso.com", "ANNA@contoso.com"]})
    with connected(LdapOptions.from_params(options(directory), writes=False)) as session:
        missing, anna = scope.find(Lookup(session, DOMAIN, "auto", with_attributes=False))
    assert (missing.status, missing.cause, anna.result()["object_guid"]) == ("missing", "no_such_object", GUIDS["anna"])


def test_a_name_is_compared_as_entra_does(directory: LiveDirectory, options: Options) -> None:
    given = {"users": ["ANNA@contoso.com"]}
    directory.change("anna", userPrincipalName=["Anna@Contoso.com"])
    assert found(directory, options, given, GUIDS["anna"]) == ["Anna@Contoso.com"]
    directory.change("anna", userPrincipalName=["anna@contoſo.com"])
    assert found(directory, options, given, GUIDS["anna"]) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, r"scope has no value; set users"),
        *(({key: None}, r"scope has no value; set users") for key in ("users", "group", "search_base", "all")),
        ({"search_filter": "(cn=*)", "upn_suffixes": None}, r"scope has no value; set users"),
        ({"users": []}, r"scope\.users is empty\. Add at least one UPN"),
        ({"upn_suffixes": []}, r"scope\.upn_suffixes is empty, so nobody is in scope"),
        ({"search_base": " "}, r"scope\.search_base is empty, so nobody is in scope"),
        ({"search_base": ""}, r"scope\.search_base is empty, so nobody is in scope"),
        ({"upn_suffixes": [], "search_base": STAFF}, r"scope\.upn_suffixes is empty, so nobody is in scope"),
        ({"users": ["anna"]}, "anna"),
        ({"all": False}, r"scope\.all is false, so nobody is in scope"),
        ({"upn_suffixes": ["@contoso.com@"]}, "contoso"),
        ({"search_base": STAFF, "search_filter": "department=Sales)"}, "is not an LDAP filter"),
    ],
)
def test_a_scope_that_is_none(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Scope.from_option(given)
