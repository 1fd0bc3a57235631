# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose GUIDs ImmutableIds are, and the attributes that a sync sends, against the scripted server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conftest import Certificates, RunModule
from forest_script import ATTRIBUTES, BIND, DOMAIN, ROOT, guid, names, person
from ldap_wire import SUB, Done, Search, Turn, Wire

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import ldap_attributes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predictions import AnchorOwner
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.options import LdapOptions
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.anchor_owners import anchor_owners
from ansible_collections.hybrid.identity.plugins.modules import ad_user_guid

Options = Callable[..., dict[str, Any]]
OWNED = (b"objectClass", b"sAMAccountType", b"objectGUID", b"mS-DS-ConsistencyGuid")


def both(number: int) -> tuple[object, ...]:
    raw = guid(number).bytes_le
    return ("equal", b"objectGUID", raw), ("equal", b"mS-DS-ConsistencyGuid", raw)


def test_objects_of_every_class_answer_for_their_guids(certificates: Certificates, options: Options) -> None:
    values = [immutable_id_of_guid(guid(number)) for number in range(1, 6)]
    conditions = [each for number in range(1, 6) for each in both(number)]
    contact = person(1, "box", objectClass=["top", "person", "contact"], sAMAccountType=[])
    group = person(2, "sales", objectClass=["top", "group"], sAMAccountType=["268435456"])
    computer = person(3, "pc", objectClass=["top", "person", "organizationalPerson", "user", "computer"])
    carrier = person(9, "anna", mS_DS_ConsistencyGuid=[guid(4).bytes_le])
    turn = Turn(
        Search(
            DOMAIN.encode(), SUB, ("or", *conditions, ("equal", b"mS-DS-ConsistencyGuid", b"foo")), OWNED, (1000, b"")
        ),
        (contact, group, computer, carrier, Done(cookie=b"")),
    )
    with (
        Wire([BIND, turn], certificates.good) as wire,
        connected(LdapOptions.from_params(options(wire), writes=False)) as session,
    ):
        found = anchor_owners(session, DOMAIN, [*values, "Zm9v", "not base64"])
    wire.verify()
    assert [found[value].kind for value in values] == ["contact", "group", "computer", "user", "nobody"]
    assert found[values[3]].name == f"CN=anna,OU=Staff,{DOMAIN}"
    assert found["Zm9v"] == found["not base64"] == AnchorOwner("nobody", None)


def test_the_attributes_that_a_sync_sends(certificates: Certificates, options: Options, run_module: RunModule) -> None:
    more = [name.encode() for name in ldap_attributes()]
    wanted = tuple(dict.fromkeys((*ATTRIBUTES, *more)))
    entry = person(1, "anna", title=["Engineer "], telephoneNumber=["+49 1"])
    search = Search(DOMAIN.encode(), SUB, ("or", *names(b"anna@contoso.com")), wanted, (1000, b""))
    with Wire([BIND, ROOT, Turn(search, (entry, Done(cookie=b"")))], certificates.good) as wire:
        arguments = {"identities": ["anna@contoso.com"], "with_attributes": True}
        result, _printed = run_module(ad_user_guid, {**options(wire), **arguments}, False)
    wire.verify()
    attributes = result["users"][0]["attributes"]
    assert (attributes["job_title"], attributes["business_phone"], attributes["city"]) == ("Engineer", "+49 1", None)
