# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""320 altered values of Active Directory: no crash, no write to another object, no secret."""

from __future__ import annotations

import random
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from altered_entries import altered
from conftest import PASSWORD, Certificates, Options, RunModule
from forest_script import DOMAIN, by_guid_name, guid, person
from ldap_wire import Add, Entry, Modify, Request
from lenient_wire import OU, LenientWire
from shield_script import DESCRIPTOR, EVERYWHERE, SELF, account, group

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.forest import naming_contexts
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.options import LdapOptions
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.directory_view import read_view
from ansible_collections.hybrid.identity.plugins.modules import ad_user, ad_user_guid

# Thousands of runs, about what servers send: no ansible-core changes that.
pytestmark = pytest.mark.once

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.alterations import chance
from support.descriptors import DOMAIN_SID, of_domain

VALUES = 80
PEOPLE = {"anna": 1, "bob": 2, "carl": 3}


def people() -> list[Entry]:
    more: dict[str, Sequence[bytes | str]] = {
        "displayName": ["Old"],
        "msExchRecipientTypeDetails": ["1"],
        "msExchMailboxGuid": [b"0123456789abcdef"],
        "whenCreated": ["20261124100000.0Z"],
        "pwdLastSet": ["133000000000000000"],
    }
    return [
        person(
            number,
            name,
            **more,
            mail=[f"old@{name}.com"],
            proxyAddresses=[f"SMTP:old@{name}.com", f"smtp:a@{name}.com"],
        )
        for name, number in PEOPLE.items()
    ]


def names_of(entries: Sequence[Entry]) -> dict[bytes, set[bytes]]:
    """Return the UPNs that the answer gave each object, in small letters, by the name under which it is written."""
    held: dict[bytes, set[bytes]] = {}
    for entry in entries:
        values = {key.partition(";")[0].lower(): [*map(_raw, each)] for key, each in entry.values.items()}
        for raw in values.get("objectguid", ()):
            if len(raw) == 16:
                upns = held.setdefault(f"<GUID={uuid.UUID(bytes_le=raw)}>".encode(), set())
                upns.update(upn.lower() for upn in values.get("userprincipalname", ()))
    return held


def _raw(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def check(case: str, result: Mapping[str, Any], printed: str, wire: LenientWire) -> None:
    assert result.get("cause") != "unexpected", f"{case}: {result.get('msg')} {result.get('trace')}"
    assert "trace" not in result, f"{case}: {result['trace']}"
    assert PASSWORD not in printed, f"{case} shows the password"
    assert not wire.problems, f"{case}: {wire.problems}"


UNGUARDED = {"stamp": True, "skip_checks": ["protected_accounts"], "max_refused": "100%"}
STAMP = {**UNGUARDED, "identities": [f"{name}@contoso.com" for name in PEOPLE]}
SEARCH = {**UNGUARDED, "upn_suffix": ["contoso.com"], "with_attributes": True}
FILL = {
    "users": [
        {"user_principal_name": f"{name}@contoso.com", "display_name": "New", "department": "D"} for name in PEOPLE
    ],
    "path": OU,
    "update": "always",
    "max_refused": "100%",
}


@pytest.mark.parametrize(
    ("name", "module", "arguments"),
    [("stamp", ad_user_guid, STAMP), ("search", ad_user_guid, SEARCH), ("fill", ad_user, FILL)],
)
def test_altered_values(
    name: str,
    module: ModuleType,
    arguments: dict[str, Any],
    certificates: Certificates,
    options: Options,
    run_module: RunModule,
) -> None:
    for number in range(VALUES):
        found = altered(people(), chance(name, number))
        with LenientWire([], certificates.good, people=found) as wire:
            result, printed = run_module(module, {**options(wire), **arguments})
        case = f"case {number} of {name}"
        check(case, result, printed, wire)
        check_writes(case, wire.writes, names_of(found), by_search=name == "search")


def check_writes(case: str, writes: Sequence[Request], held: Mapping[bytes, set[bytes]], by_search: bool) -> None:
    """Each write must go to an object of the answer with a UPN that was asked for, and stamp only its own GUID."""
    asked = {f"{each}@contoso.com".encode() for each in PEOPLE}
    for write in writes:
        if isinstance(write, Add):
            upns = {
                value for attribute, values in write.attributes for value in values if attribute == b"userPrincipalName"
            }
            assert upns <= asked, f"{case} made {upns}"
            continue
        assert isinstance(write, Modify), f"{case} wrote {write}"
        assert write.name in held, f"{case} wrote {write.name!r}"
        assert by_search or held[write.name] & asked, f"{case} wrote {write.name!r}"
        stamps = [values for _how, attribute, values in write.changes if attribute == b"mS-DS-ConsistencyGuid"]
        own = [f"<GUID={uuid.UUID(bytes_le=raw)}>".encode() for (raw,) in stamps]
        assert all(name == write.name for name in own), f"{case} stamped {own}"


def guarded() -> list[Entry]:
    """anna may be stamped. The others are administrators, each for two reasons, since one alteration may hide one."""
    held = {
        "anna": account(1600),
        "bob": {**account(1601, "Domain 512"), "adminCount": ["1"]},
        "carl": {**account(1602, "Inner"), "userAccountControl": [str(0x200 | 0x80000)]},
    }
    return [person(number, name, **held[name]) for name, number in PEOPLE.items()]


GUARDS: dict[str, list[Entry]] = {
    "domain": [Entry(DOMAIN, {"objectSid": [DOMAIN_SID], "nTSecurityDescriptor": [DESCRIPTOR]})],
    "root": [Entry("", {"tokenGroups": [of_domain(SELF), of_domain(513)]})],
    "groups": [*EVERYWHERE, group("Inner", 1101, "Domain 512"), group("Innermost", 1102, "Inner")],
}


def altered_guards(by: random.Random) -> dict[str, Any]:
    """Return the people and what protects them, with one alteration."""
    kinds: dict[str, list[Entry]] = {"people": guarded(), **GUARDS}
    chosen = by.choice(("people", "domain", "root", "groups", "groups"))
    return {**kinds, chosen: altered(kinds[chosen], by)}


def test_altered_protection(certificates: Certificates, options: Options, run_module: RunModule) -> None:
    """No alteration lets an administrator pass, in what the module stamps or in what the Graph modules are told."""
    admins = {by_guid_name(PEOPLE[name]) for name in ("bob", "carl")}
    asked = {**STAMP, "skip_checks": []}
    stamped = 0
    for number in range(VALUES):
        found = altered_guards(chance("protection", number))
        case = f"case {number} of protection"
        with LenientWire([], certificates.good, **found) as wire:
            result, printed = run_module(ad_user_guid, {**options(wire), **asked})
        check(case, result, printed, wire)
        check_writes(case, wire.writes, names_of(found["people"]), by_search=False)
        written = {write.name for write in wire.writes if isinstance(write, Modify)}
        stamped += len(written)
        assert not written & admins, f"{case} stamped {written}"
        with LenientWire([], certificates.good, **found) as wire:
            wanted = [immutable_id_of_guid(str(guid(each))) for each in PEOPLE.values()]
            try:
                with connected(LdapOptions.from_params(options(wire), writes=True)) as session:
                    view = read_view(session, naming_contexts(session).default, wanted, [], True)
            except IdentityError:
                continue
        assert not wire.problems, f"{case}: {wire.problems}"
        seen = {each.guid: each for each in view.accounts if each.guid != str(guid(PEOPLE["anna"]))}
        known = [each for key, each in seen.items() if key in {str(guid(PEOPLE[name])) for name in ("bob", "carl")}]
        assert view.protection_unread or all(each.protected for each in known), case
    assert stamped > VALUES / 4
