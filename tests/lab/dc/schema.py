# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that a newer Windows Server has and the lab's Samba may not (facts §11, last row).

Definitions: MS-ADA2 and the schema files of Windows Server 2016. Both are hung on the class mailRecipient, as Windows
does with msDS-ExternalDirectoryObjectId; where msDS-ObjectSoa hangs there makes no difference to who reads it.
"""

from __future__ import annotations

import base64
import subprocess
import uuid
from dataclasses import dataclass

import ldap3


@dataclass(frozen=True)
class Attribute:
    """A single-valued Unicode string attribute; `schema_guid` in the usual dashed form."""

    cn: str
    name: str
    oid: str
    schema_guid: str
    search_flags: int
    in_global_catalog: bool
    range_upper: int | None = None


ATTRIBUTES = (
    Attribute(
        cn="ms-DS-External-Directory-Object-Id",
        name="msDS-ExternalDirectoryObjectId",
        oid="1.2.840.113556.1.4.2310",
        schema_guid="bd29bf90-66ad-40e1-887b-10df070419a6",
        search_flags=9,
        in_global_catalog=True,
        range_upper=256,
    ),
    Attribute(
        cn="ms-DS-Object-SOA",
        name="msDS-ObjectSoa",
        oid="1.2.840.113556.1.4.2353",
        schema_guid="34f6bdf5-2e79-4c3b-8e14-3d93b75aab89",
        search_flags=0,
        in_global_catalog=False,
    ),
)


def extend(connection: ldap3.Connection, sam: str, smb_conf: str) -> list[str]:
    """Add what the schema lacks and make the running server take it; returns the names added.

    Writes to `sam` (path of sam.ldb) by ldbmodify, since Samba lets no LDAP client change the schema unless its
    configuration says so for good. Raises RuntimeError with ldbmodify's own words.
    """
    schema_dn = connection.server.info.other["schemaNamingContext"][0]
    missing = [attribute for attribute in ATTRIBUTES if not _known(connection, schema_dn, attribute.name)]
    for attribute in missing:
        _ldbmodify(_definition(attribute, schema_dn), sam, smb_conf)
        user = f"dn: CN=Mail-Recipient,{schema_dn}\nchangetype: modify\nadd: mayContain\nmayContain: {attribute.name}\n"
        _ldbmodify(user, sam, smb_conf)
    if missing:
        connection.modify("", {"schemaUpdateNow": [(ldap3.MODIFY_ADD, ["1"])]})
    return [attribute.name for attribute in missing]


def _known(connection: ldap3.Connection, schema_dn: str, name: str) -> bool:
    connection.search(schema_dn, f"(lDAPDisplayName={name})", ldap3.LEVEL, attributes=["cn"])
    return bool(connection.entries)


def _definition(attribute: Attribute, schema_dn: str) -> str:
    guid = base64.b64encode(uuid.UUID(attribute.schema_guid).bytes_le).decode()
    lines = [
        f"dn: CN={attribute.cn},{schema_dn}",
        "changetype: add",
        "objectClass: attributeSchema",
        f"attributeID: {attribute.oid}",
        "attributeSyntax: 2.5.5.12",
        "oMSyntax: 64",
        "isSingleValued: TRUE",
        f"lDAPDisplayName: {attribute.name}",
        f"schemaIDGUID:: {guid}",
        f"searchFlags: {attribute.search_flags}",
        "systemOnly: FALSE",
        f"isMemberOfPartialAttributeSet: {'TRUE' if attribute.in_global_catalog else 'FALSE'}",
    ]
    if attribute.range_upper is not None:
        lines.append(f"rangeUpper: {attribute.range_upper}")
    return "\n".join(lines) + "\n"


def _ldbmodify(ldif: str, sam: str, smb_conf: str) -> None:
    command = ["ldbmodify", "-H", sam, f"--configfile={smb_conf}", "--option=dsdb:schema update allowed = true"]
    done = subprocess.run(command, input=ldif, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        raise RuntimeError(f"ldbmodify could not extend the schema: {done.stderr.strip() or done.stdout.strip()}")
