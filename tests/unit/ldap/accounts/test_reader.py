# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of ad_user keeps of a listing of the domain, which may have many more objects than it has users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Certificates, Options
from forest_script import BIND, DOMAIN, guid, person
from ldap_wire import Answer, Done, Entry, Search, Turn, Wire

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.directory import AccountDirectory
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.given_passwords import GivenPasswords
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.requests import read_account_requests
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.objects import AdObject
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AD_ATTRIBUTES
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.accounts.reader import Reader
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session import filters
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.options import LdapOptions

REQUESTS = read_account_requests(
    [{"user_principal_name": "anna@contoso.com", "mail": "anna@contoso.com"}], GivenPasswords()
)
HELD: dict[str, list[bytes | str]] = {
    "displayName": ["Somebody"],
    "department": ["Sales"],
    "memberOf": [f"CN=g,{DOMAIN}"],
}


@pytest.fixture(autouse=True)
def _few_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MOST_CONDITIONS", 1)


def read(
    certificates: Certificates,
    options: Options,
    entries: tuple[Answer, ...],
    reading: Callable[[Reader], Iterator[AdObject]],
    **given: Any,
) -> tuple[list[AdObject], list[str]]:
    with (
        Wire([BIND, Turn(Search, (*entries, Done(cookie=b"")))], certificates.good) as wire,
        connected(LdapOptions.from_params(options(wire), writes=False)) as session,
    ):
        reader = Reader(session, DOMAIN, ["Anna@contoso.com", "carl@contoso.com"], **given)
        found = list(reading(reader))
    wire.verify()
    return found, reader.left_out


def test_a_listing_keeps_of_other_objects_only_their_names(certificates: Certificates, options: Options) -> None:
    entries = (person(1, "anna", **HELD), person(2, "bert", mail=["bert@contoso.com"], **HELD))
    (anna, bert), _left_out = read(certificates, options, entries, lambda reader: reader.people(REQUESTS))
    assert anna.attributes["department"] == (b"Sales",)
    assert set(bert.attributes) == {"objectguid", "userprincipalname", "samaccountname", "mail"}
    directory = AccountDirectory([anna, bert])
    assert directory.has_sam("bert")
    assert directory.named("bert@contoso.com") == directory.of_guid(str(guid(2))) == [bert]
    assert directory.holder_of(["smtp:BERT@contoso.com"]) == (bert, "smtp:BERT@contoso.com")


def test_reading_accounts_again_keeps_nobody_else(certificates: Certificates, options: Options) -> None:
    entries = (person(1, "anna"), person(2, "bert"), Entry(f"CN=hidden,{DOMAIN}", {"mail": ["x@contoso.com"]}))
    found, left_out = read(certificates, options, entries, Reader.accounts, attributes=AD_ATTRIBUTES, others=())
    assert [each.guid for each in found] == [guid(1).bytes_le]
    assert left_out == []


def test_objects_share_the_names_of_their_attributes(certificates: Certificates, options: Options) -> None:
    """A server sends each name with each object."""
    entries = (person(1, "anna", **HELD), person(3, "carl", **HELD))
    (anna, carl), _left_out = read(certificates, options, entries, lambda reader: reader.people(REQUESTS))
    assert all(first is second for first, second in zip(anna.attributes, carl.attributes, strict=True))
