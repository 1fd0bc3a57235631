# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The view of a directory by which matches are judged, against the scripted server."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest
from conftest import Certificates, Options
from forest_script import BIND, DOMAIN, guid, person
from ldap_wire import SUB, Done, Entry, Search, Turn, Wire
from shield_script import account, group, shield

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.protected_accounts import keep_protection
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.users import FoundUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.directory_view import DirectoryView
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session import filters
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.options import LdapOptions
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.directory_view import read_claims, read_view

ADMINS = group("Domänen-Admins", 512)
ASKED = (
    b"objectGUID", b"mS-DS-ConsistencyGuid", b"objectClass", b"sAMAccountType", b"userPrincipalName", b"mail",
    b"proxyAddresses", b"objectSid", b"sIDHistory", b"primaryGroupID", b"memberOf", b"adminCount",
    b"userAccountControl", b"msDS-AllowedToDelegateTo",
)  # fmt: skip
LISTED = (
    "or",
    ("present", b"sAMAccountName"),
    ("present", b"mail"),
    ("present", b"proxyAddresses"),
    ("equal", b"objectClass", b"contact"),
    ("present", b"mS-DS-ConsistencyGuid"),
)


def read(
    certificates: Certificates,
    options: Options,
    script: list[Turn],
    protection: bool,
    anchors: list[str],
    names: list[str],
    users: Sequence[FoundUser] = (),
) -> DirectoryView:
    with (
        Wire([BIND, *script], certificates.good) as wire,
        connected(LdapOptions.from_params(options(wire), writes=False)) as session,
    ):
        view = read_view(session, DOMAIN, anchors, names, protection, users)
    wire.verify()
    return view


def search(
    filter_: object, *entries: Entry, cookie: bytes = b"", page: bytes = b"", asked: tuple[bytes, ...] = ASKED
) -> Turn:
    return Turn(Search(DOMAIN.encode(), SUB, filter_, asked, (1000, page)), (*entries, Done(cookie=cookie)))


def test_one_search_finds_holders_and_claimants(certificates: Certificates, options: Options) -> None:
    raw = guid(1).bytes_le
    asked = (
        "or",
        ("equal", b"objectGUID", raw),
        ("equal", b"mS-DS-ConsistencyGuid", raw),
        ("equal", b"userPrincipalName", b"anna*@contoso.com"),
        ("equal", b"proxyAddresses", b"SMTP:a@contoso.com"),
        ("equal", b"mail", b"a@contoso.com"),
        ("equal", b"proxyAddresses", b"x500:/o=old"),
    )
    own = person(1, "anna", mail=["a@contoso.com"], **account(1600, "Domänen-Admins"))
    thief = person(9, "mallory", mS_DS_ConsistencyGuid=[raw], **account(1609))
    box = person(8, "box", objectClass=["top", "contact"], sAMAccountType=[], proxyAddresses=["SMTP:a@contoso.com"])
    script = [*shield([ADMINS]), search(asked, own, thief, box)]
    anchor = immutable_id_of_guid(guid(1))
    names = ["anna*@contoso.com", "SMTP:a@contoso.com", "x500:/o=old"]
    view = read(certificates, options, script, True, [anchor, "not base64"], names)
    first, second, third = view.accounts
    assert (first.guid, first.upn, first.own, first.consistency) == (str(guid(1)), "anna@contoso.com", anchor, None)
    assert (first.protected, first.addresses) == ("it belongs to Domain Admins", ("smtp:a@contoso.com",))
    assert (second.consistency, second.protected, second.distinguished_name) == (
        anchor, None, f"CN=mallory,OU=Staff,{DOMAIN}"
    )  # fmt: skip
    assert (third.kind, third.addresses) == ("contact", ("SMTP:a@contoso.com",))
    assert [each.guid for each in view.holders(anchor)] == [first.guid, second.guid]
    assert (view.protection_unread, view.claims_unread) == (False, False)


@pytest.mark.parametrize("classes", [[], ["top"], ["top", "contact"], ["top", "person", "user", "computer"]])
def test_an_administrator_who_seems_to_be_no_user_is_protected(
    certificates: Certificates, options: Options, classes: list[bytes | str]
) -> None:
    admin = person(1, "anna", objectClass=classes, **account(1600, "Domänen-Admins"))
    script = [*shield([ADMINS]), Turn(Search, (admin, Done(cookie=b"")))]
    view = read(certificates, options, script, True, [immutable_id_of_guid(guid(1))], [])
    assert view.accounts[0].protected == "it belongs to Domain Admins"


@pytest.mark.parametrize("asked", [True, False])
def test_protection_that_is_not_read(certificates: Certificates, options: Options, asked: bool) -> None:
    turns = shield(domain={}) if asked else []
    script = [*turns, Turn(Search, (person(1, "anna"), Done(cookie=b"")))]
    view = read(certificates, options, script, asked, [immutable_id_of_guid(guid(1))], [])
    assert view.protection_unread
    assert view.accounts[0].protected is None


def test_an_object_that_hides_its_guid_leaves_the_claims_unread(certificates: Certificates, options: Options) -> None:
    hidden = Entry(f"CN=x,{DOMAIN}", {"mS-DS-ConsistencyGuid": [guid(1).bytes_le]})
    found = Turn(Search, (person(1, "anna"), hidden, Done(cookie=b"")))
    view = read(certificates, options, [found], False, [immutable_id_of_guid(guid(1))], [])
    assert (len(view.accounts), view.claims_unread) == (1, True)


def test_what_is_known_of_a_user_is_not_kept_twice(certificates: Certificates, options: Options) -> None:
    """Of a renamed account, the view has the new names."""
    users = [known(1, "anna"), known(2, "old")]
    box = {"proxyAddresses": ["SMTP:box@contoso.com"]}
    entries = (person(1, "anna", **box), person(2, "bert", **box), person(3, "carl", **box))
    view = read(certificates, options, [Turn(Search, (*entries, Done(cookie=b"")))], False, [], ["x@y.com"], users)
    anna, bert, carl = view.accounts
    assert anna.distinguished_name is users[0].user.distinguished_name
    assert anna.upn is users[0].user.user_principal_name
    assert (bert.distinguished_name, bert.upn) == (f"CN=bert,OU=Staff,{DOMAIN}", "bert@contoso.com")
    assert {each.addresses for each in (anna, bert, carl)} == {("SMTP:box@contoso.com",)}


def test_many_values_are_a_listing_if_that_takes_no_more_requests(
    certificates: Certificates, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "MOST_CONDITIONS", 2)
    # Addresses are read only if names are given, and what protects accounts only if it is asked for.
    anchors_only = partial(search, asked=ASKED[:5])
    anchors = [immutable_id_of_guid(guid(number)) for number in (1, 2)]
    view = read(certificates, options, [anchors_only(LISTED, person(1, "anna"), person(3, "carl"))], False, anchors, [])
    assert len(view.accounts) == 2
    pages = [anchors_only(LISTED, cookie=b"c"), anchors_only(LISTED, cookie=b"d", page=b"c")]
    names = (b"objectGUID", b"mS-DS-ConsistencyGuid")
    both = [
        anchors_only(("or", *(("equal", name, guid(number).bytes_le) for name in names)), person(1, "anna"))
        for number in (1, 2)
    ]
    again = read(certificates, options, [*pages, *both], False, anchors, [])
    assert [each.guid for each in again.accounts] == [str(guid(1))]


def test_a_name_that_another_object_has_by_now_hides_no_claim(
    certificates: Certificates, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claimant was renamed after the first part was read, and the account got its old name before the second."""
    monkeypatch.setattr(filters, "MOST_CONDITIONS", 2)
    raw = guid(1).bytes_le
    thief = person(9, "same", mS_DS_ConsistencyGuid=[raw])
    anchors = [immutable_id_of_guid(guid(number)) for number in (1, 2)]
    listing = Turn(Search, (Done(cookie=b"more"),))
    more = Turn(Search, (Done(cookie=b"more"),))
    parts = [Turn(Search, (thief, Done(cookie=b""))), Turn(Search, (person(2, "same"), Done(cookie=b"")))]
    view = read(certificates, options, [listing, more, *parts], False, anchors, [])
    assert {each.guid for each in view.accounts} == {str(guid(9)), str(guid(2))}
    assert [each.guid for each in view.holders(anchors[0])] == [str(guid(9))]


def test_an_object_that_was_renamed_meanwhile_is_one_object(
    certificates: Certificates, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It claimed its own anchor."""
    monkeypatch.setattr(filters, "MOST_CONDITIONS", 2)
    anchors = [immutable_id_of_guid(guid(number)) for number in (1, 2)]
    pages = [Turn(Search, (Done(cookie=b"more"),)), Turn(Search, (Done(cookie=b"more"),))]
    parts = [Turn(Search, (person(1, name), Done(cookie=b""))) for name in ("anna", "anna-smith")]
    view = read(certificates, options, [*pages, *parts], False, anchors, [])
    assert [each.guid for each in view.holders(anchors[0])] == [str(guid(1))]


def known(number: int, name: str, held: int | None = None) -> FoundUser:
    """A user as an earlier search has found it."""
    user = AdUser(distinguished_name=f"CN={name},OU=Staff,{DOMAIN}", user_principal_name=f"{name}@contoso.com")
    shown = {
        key.lower(): [value if isinstance(value, bytes) else value.encode() for value in values]
        for key, values in account(1600 + number, "Domänen-Admins").items()
    }
    shown["useraccountcontrol"] = [b"512"]
    kept = keep_protection(shown)
    return FoundUser(guid(number).bytes_le, user, guid(held).bytes_le if held else b"", protection=kept)


def claims(
    certificates: Certificates, options: Options, script: list[Turn], users: list[FoundUser], protection: bool
) -> DirectoryView:
    anchors = [immutable_id_of_guid(guid(number)) for number in (1, 2, 5)]
    with (
        Wire([BIND, *script], certificates.good) as wire,
        connected(LdapOptions.from_params(options(wire), writes=False)) as session,
    ):
        view = read_claims(session, DOMAIN, users, anchors, protection)
    wire.verify()
    return view


CLAIM = b"mS-DS-ConsistencyGuid"
FOREIGN = ("equal", b"objectGUID", guid(5).bytes_le)


def test_accounts_that_were_read_are_not_read_again(certificates: Certificates, options: Options) -> None:
    values = [("equal", CLAIM, guid(number).bytes_le) for number in (1, 2)]
    wanted = ("or", *values, FOREIGN, ("equal", CLAIM, guid(5).bytes_le))
    thief = person(9, "mallory", mS_DS_ConsistencyGuid=[guid(2).bytes_le], **account(1609))
    # Meanwhile this user lost the value.
    now = person(2, "bert", mS_DS_ConsistencyGuid=[guid(1).bytes_le], **account(1602))
    asked = (*ASKED[:5], *ASKED[7:])
    script = [*shield([ADMINS]), search(wanted, thief, now, asked=asked)]
    view = claims(certificates, options, script, [known(1, "anna"), known(2, "bert", held=2)], True)
    found = {each.upn: each for each in view.accounts}
    assert set(found) == {"anna@contoso.com", "bert@contoso.com", "mallory@contoso.com"}
    assert found["anna@contoso.com"].protected == "it belongs to Domain Admins"
    assert found["bert@contoso.com"].consistency == immutable_id_of_guid(guid(1))
    assert [each.upn for each in view.holders(immutable_id_of_guid(guid(2)))] == [
        "bert@contoso.com",
        "mallory@contoso.com",
    ]
    assert (view.protection_unread, view.claims_unread) == (False, False)


def test_of_many_anchors_all_objects_with_one_of_their_own_are_listed(
    certificates: Certificates, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "MOST_CONDITIONS", 2)
    asked = ASKED[:5]
    thief = person(9, "mallory", mS_DS_ConsistencyGuid=[guid(2).bytes_le])
    owner = person(5, "carl")
    script = [search(("present", CLAIM), thief, asked=asked), search(FOREIGN, owner, asked=asked)]
    view = claims(certificates, options, script, [known(1, "anna"), known(2, "bert")], False)
    assert [each.guid for each in view.accounts] == [str(guid(number)) for number in (1, 2, 9, 5)]
    assert view.protection_unread

    # More pages than filters: three values in two filters.
    pages = [
        search(("present", CLAIM), thief, cookie=b"c", asked=asked),
        search(("present", CLAIM), cookie=b"d", page=b"c", asked=asked),
    ]
    values = [("equal", CLAIM, guid(number).bytes_le) for number in (1, 2, 5)]
    parts = [
        search(("or", values[0], values[1]), thief, asked=asked),
        search(("or", FOREIGN, values[2]), owner, asked=asked),
    ]
    again = claims(certificates, options, [*pages, *parts], [known(1, "anna"), known(2, "bert")], False)
    assert [each.guid for each in again.accounts] == [str(guid(number)) for number in (1, 2, 9, 5)]


def test_a_claimant_that_hides_its_guid_leaves_the_claims_unread(certificates: Certificates, options: Options) -> None:
    hidden = Entry(f"CN=x,{DOMAIN}", {"mS-DS-ConsistencyGuid": [guid(1).bytes_le]})
    view = claims(certificates, options, [Turn(Search, (hidden, Done(cookie=b"")))], [known(1, "anna")], False)
    assert (len(view.accounts), view.claims_unread) == (1, True)
