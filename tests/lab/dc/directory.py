# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill the lab's directory over LDAPS from seeds/directory.json, and with any number of plain users on top.

`python -m lab.dc.directory STATE_DIR [--users N]` does it for a running lab that has a lab.json.
"""

from __future__ import annotations

import argparse
import json
import ssl
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.utils.dn import escape_rdn

from . import schema

SEED = Path(__file__).parent.parent / "seeds" / "directory.json"
BULK_PARENT = "OU=Bulk"
# Users in one transaction of ldbadd; larger ones take longer a user.
CHUNK = 250
# userAccountControl (MS-ADTS 2.2.16): normal account 512, no password needed 32 (nobody signs in here), disabled 2,
# workstation 4096.
ENABLED, DISABLED, WORKSTATION = 544, 546, 4096
# groupType: a global security group.
GLOBAL_SECURITY = -2147483646


def connect(ldap: Mapping[str, Any]) -> ldap3.Connection:
    """A bound connection to what `lab.dc.up` returned; certificate and name are checked."""
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ldap["ca_cert"])
    server = ldap3.Server(ldap["server"], port=ldap["port"], use_ssl=True, tls=tls, get_info=ldap3.DSA)
    return ldap3.Connection(
        server, user=ldap["username"], password=ldap["password"], check_names=False, auto_bind=ldap3.AUTO_BIND_NO_TLS
    )


def bulk_user(number: int) -> dict[str, Any]:
    """The `number`th plain user (from 1), in the seed's form. The cloud side makes its twin by the same rule."""
    name = f"user{number:06d}"
    upn = f"{name}@contoso.com"
    return {"cn": name, "parent": BULK_PARENT, "sam": name, "upn": upn, "mail": upn, "proxy_addresses": [f"SMTP:{upn}"]}


def seed(ldap: Mapping[str, Any], users: int = 0, path: Path | None = SEED, people: bool = True) -> dict[str, int]:
    """Extend the schema where needed, add the objects of `path` (None: none) and `users` plain ones; leave what exists.

    Without `people`, of the objects of `path` only the organizational units. `ldap` is what `lab.dc.up` returned.
    Returns counts: `added`, `existing`. Raises RuntimeError naming what failed.
    """
    connection = connect(ldap)
    counts = {"added": 0, "existing": 0}
    try:
        schema.extend(connection, ldap["sam"], ldap["smb_conf"])
        content = json.loads(path.read_text("utf-8")) if path else {}
        units = [*content.get("organizational_units", []), *([BULK_PARENT] if users else [])]
        for unit in units:
            _add(connection, f"{unit},{ldap['base_dn']}", {"objectClass": "organizationalUnit"}, counts)
        for entry in [*content.get("users", []), *content.get("others", [])] if people else []:
            dn = f"CN={escape_rdn(entry['cn'])},{entry['parent']},{ldap['base_dn']}"
            _add(connection, dn, attributes(entry), counts)
            if entry.get("consistency_guid") == "own":
                _stamp(connection, dn)
        if users:
            _add_bulk(connection, ldap, users, counts)
    finally:
        connection.unbind()
    return counts


def attributes(entry: Mapping[str, Any]) -> dict[str, Any]:
    """LDAP attributes of a seed entry; its class is `user` unless it says `contact`, `group` or `computer`."""
    kind = entry.get("class", "user")
    found: dict[str, Any] = {"objectClass": kind}
    if kind == "user":
        found["userAccountControl"] = ENABLED if entry.get("enabled", True) else DISABLED
    elif kind == "computer":
        found["userAccountControl"] = WORKSTATION
    elif kind == "group":
        found["groupType"] = GLOBAL_SECURITY
    names = {
        "sam": "sAMAccountName",
        "upn": "userPrincipalName",
        "given_name": "givenName",
        "surname": "sn",
        "mail": "mail",
        "proxy_addresses": "proxyAddresses",
        "external_directory_object_id": "msDS-ExternalDirectoryObjectId",
    }
    found.update({attribute: entry[key] for key, attribute in names.items() if key in entry})
    if kind in {"user", "contact"}:
        found["displayName"] = entry["cn"]
    guid = entry.get("consistency_guid")
    if guid and guid != "own":
        found["mS-DS-ConsistencyGuid"] = uuid.UUID(guid).bytes_le
    return found


def _add(connection: ldap3.Connection, dn: str, values: Mapping[str, Any], counts: dict[str, int]) -> None:
    connection.add(dn, attributes=dict(values))
    if connection.result["description"] == "entryAlreadyExists":
        counts["existing"] += 1
    elif connection.result["result"]:
        result = connection.result
        raise RuntimeError(f"{dn} could not be added: {result['description']} {result['message']}")
    else:
        counts["added"] += 1


def _stamp(connection: ldap3.Connection, dn: str) -> None:
    """Write objectGUID into mS-DS-ConsistencyGuid, as Entra Connect does (facts §2, sourceAnchor)."""
    connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["objectGUID", "mS-DS-ConsistencyGuid"])
    raw = connection.response[0]["raw_attributes"]
    if not raw["mS-DS-ConsistencyGuid"]:
        connection.modify(dn, {"mS-DS-ConsistencyGuid": [(ldap3.MODIFY_REPLACE, raw["objectGUID"])]})
        if connection.result["result"]:
            raise RuntimeError(f"{dn} could not be stamped: {connection.result['message']}")


def _add_bulk(connection: ldap3.Connection, ldap: Mapping[str, Any], users: int, counts: dict[str, int]) -> None:
    """Plain users straight into the server's own database: over LDAP it takes far longer."""
    base = f"{BULK_PARENT},{ldap['base_dn']}"
    there = _names_below(connection, base)
    missing = [user for user in map(bulk_user, range(1, users + 1)) if user["cn"] not in there]
    for start in range(0, len(missing), CHUNK):
        some = missing[start : start + CHUNK]
        ldif = "\n".join(_ldif(f"CN={escape_rdn(user['cn'])},{base}", attributes(user)) for user in some)
        command = ["ldbadd", "-H", ldap["sam"], f"--configfile={ldap['smb_conf']}"]
        done = subprocess.run(command, input=ldif, capture_output=True, text=True, timeout=1800, check=False)
        if done.returncode:
            raise RuntimeError(f"ldbadd could not add users: {done.stderr.strip() or done.stdout.strip()}")
    counts["added"] += len(missing)
    counts["existing"] += users - len(missing)


def _names_below(connection: ldap3.Connection, base: str) -> set[str]:
    found = connection.extend.standard.paged_search(
        base, "(objectClass=user)", ldap3.LEVEL, attributes=["cn"], paged_size=1000, generator=True
    )
    return {entry["raw_attributes"]["cn"][0].decode() for entry in found if "raw_attributes" in entry}


def _ldif(dn: str, values: Mapping[str, Any]) -> str:
    """A record of text attributes that LDIF takes as they are."""
    lines = [f"dn: {dn}"]
    for name, given in values.items():
        lines += [f"{name}: {value}" for value in (given if isinstance(given, list) else [given])]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Fill the lab's directory.")
    parser.add_argument("state_dir", type=Path)
    parser.add_argument("--users", type=int, default=0, metavar="N", help="add N plain users on top of the seed")
    given = parser.parse_args()
    ldap = json.loads((given.state_dir / "lab.json").read_text("utf-8"))["ldap"]
    try:
        counts = seed(ldap, given.users)
    except (LDAPException, RuntimeError) as error:
        parser.exit(1, f"{error}\n")
    print(f"{counts['added']} added, {counts['existing']} were there")


if __name__ == "__main__":
    main()
