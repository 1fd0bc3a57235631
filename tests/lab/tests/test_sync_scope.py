# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects a cycle takes, and what it makes of them: Entra Connect's out-of-box rules."""

from __future__ import annotations

import uuid

import pytest

from lab.sync.directory import AdObject
from lab.sync.scope import export_record, out_of_scope, sid_text, source_anchor

FOREST = {"name": "ad.contoso.com"}
GUID = uuid.UUID("876031de-bfb1-4f8b-9cb0-1c67a6094d3e")


def make(
    kind: str = "user", dn: str = "CN=Ada,OU=People,DC=ad,DC=contoso,DC=com", **values: str | list[str]
) -> AdObject:
    raw = {
        name.lower(): [text.encode() for text in (value if isinstance(value, list) else [value])]
        for name, value in values.items()
    }
    return AdObject(dn, kind, GUID.bytes_le, raw)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (make(sAMAccountName="ada"), None),
        (make(), "no sAMAccountName"),
        (make(sAMAccountName="Administrator", isCriticalSystemObject="TRUE"), "critical system object"),
        (make(sAMAccountName="MSOL_0123"), "service account"),
        (make(sAMAccountName="AAD_0123"), "service account"),
        (make(sAMAccountName="CAS_{1}"), "Exchange's own"),
        (make(sAMAccountName="x", mailNickname="SystemMailbox{1}"), "Exchange's own"),
        (make(sAMAccountName="x", msExchRecipientTypeDetails="536870912"), "Exchange's own"),
        (make(sAMAccountName="x", msExchRecipientTypeDetails="2"), "linked mailbox"),
        (make(sAMAccountName="x", adminDescription="User_x"), "left out by its adminDescription"),
        (make(sAMAccountName="x", adminDescription="User_x", objectClass=["user", "inetOrgPerson"]), None),
        (make(sAMAccountName="x", adminDescription="A User_x"), None),
        (make(sAMAccountName="x", dn="CN=Ada\\0ACNF:1,OU=People,DC=ad"), "replication victim"),
        (make("contact", mail="a@contoso.com"), "contact without a mail address"),
        (make("contact", proxyAddresses="SMTP:a@contoso.com"), None),
        (make("contact", proxyAddresses="smtp:a@contoso.com"), "contact without a mail address"),
        (make("contact", proxyAddresses="smtp:a@contoso.com", mail="a@contoso.com"), None),
        (make("group", sAMAccountName="sec", groupType="-2147483646"), None),
        (make("group", sAMAccountName="dist", groupType="2"), "distribution group without a mail address"),
        (make("group", sAMAccountName="dist", groupType="2", proxyAddresses="SMTP:d@contoso.com"), None),
    ],
)
def test_scope(item: AdObject, reason: str | None) -> None:
    assert out_of_scope(item) == reason


def test_the_anchor_of_users_alone_follows_the_setting() -> None:
    item = make(sAMAccountName="ada")
    item.values["ms-ds-consistencyguid"] = [uuid.UUID("c8c6569e-4688-4f3c-8462-afc4ff60817b").bytes_le]
    assert source_anchor(item, "mS-DS-ConsistencyGuid") == "nlbGyIhGPE+EYq/E/2CBew=="
    assert source_anchor(item, "objectGUID") == "3jFgh7G/i0+csBxnpglNPg=="
    item.kind = "group"
    assert source_anchor(item, "mS-DS-ConsistencyGuid") == "3jFgh7G/i0+csBxnpglNPg=="


def test_what_is_exported_of_a_user() -> None:
    item = make(
        sAMAccountName="ada",
        userAccountControl="514",
        displayName="Ada Lövelace",
        sn="Lövelace",
        proxyAddresses=["smtp:b@contoso.com", "SMTP:a@contoso.com"],
    )
    assert export_record(item, "anchor", FOREST) == {
        "type": "user",
        "sourceAnchor": "anchor",
        "distinguishedName": item.dn,
        "domainName": "ad.contoso.com",
        "displayName": "Ada Lövelace",
        "surname": "Lövelace",
        "proxyAddresses": ["SMTP:a@contoso.com", "smtp:b@contoso.com"],
        "samAccountName": "ada",
        "userPrincipalName": "ada@ad.contoso.com",
        "accountEnabled": False,
    }


def test_texts_are_trimmed_and_cn_stands_in_for_a_display_name() -> None:
    item = make(sAMAccountName="ada", cn="Ada L", title="  Head ", department="  ", co="Peru", extensionAttribute3="x")
    record = export_record(item, "anchor", FOREST)
    assert (record["displayName"], record["jobTitle"], record["country"]) == ("Ada L", "Head", "Peru")
    assert "department" not in record
    assert record["onPremisesExtensionAttributes"] == {"extensionAttribute3": "x"}


def test_a_sid_in_words() -> None:
    raw = bytes.fromhex("010500000000000515000000a065cf7e784b9b5fe77c8770091c0100")
    assert sid_text(raw) == "S-1-5-21-2127521184-1604012920-1887927527-72713"
