# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts with delegated rights in Active Directory, and what the doctor says about them."""

from __future__ import annotations

import re
import secrets as random
import uuid
from typing import Any

from outside import Directory, run

from playbooks import Run


class Accounts:
    """Accounts with delegated rights, by Samba's own tools on the domain controller."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.passwords: dict[str, str] = {}
        self._local = ["-H", directory.ldap["sam"], f"--configfile={directory.ldap['smb_conf']}"]

    def add(self, name: str) -> str:
        """Make an account and return its SID."""
        self.passwords[name] = f"Lab-{random.token_urlsafe(18)}1"
        run(["samba-tool", "user", "create", name, self.passwords[name], *self._local])
        (entry,) = self.directory.search(f"(sAMAccountName={name})", "objectSid")
        return sid_text(entry["objectsid"][0])

    def remove(self) -> None:
        for name in self.passwords:
            run(["samba-tool", "user", "delete", name, *self._local])

    def delegate(self, name: str, *rights: str) -> None:
        for right in rights:
            run(["samba-tool", "dsacl", "set", "--action=allow", f"--objectdn={name}", f"--sddl={right}", *self._local])

    def schema_guid(self, attribute: str) -> str:
        schema = f"CN=Schema,CN=Configuration,{self.directory.base}"
        (entry,) = self.directory.search(f"(lDAPDisplayName={attribute})", "schemaIDGUID", base=schema)
        return str(uuid.UUID(bytes_le=entry["schemaidguid"][0]))

    def descriptor(self, name: str) -> str:
        """Return an access list as Samba's tools show and take it."""
        text = run(["ldbsearch", *self._local, "-b", name, "-s", "base", "(objectClass=*)", "nTSecurityDescriptor"])
        found = re.search(r"^nTSecurityDescriptor: (.+)$", text.replace("\n ", ""), re.MULTILINE)
        assert found, text
        return found[1]

    def put_back(self, name: str, descriptor: str) -> None:
        ldif = f"dn: {name}\nchangetype: modify\nreplace: nTSecurityDescriptor\nnTSecurityDescriptor: {descriptor}\n"
        run(["ldbmodify", *self._local], stdin=ldif)

    def connection(self, name: str, **changes: Any) -> dict[str, Any]:
        known = {key: self.directory.ldap[key] for key in ("server", "port", "ca_cert")}
        return {**known, "username": f"{name}@ad.contoso.com", "password": self.passwords[name], **changes}


def sid_text(raw: bytes) -> str:
    """Return a SID as SDDL writes it (MS-DTYP 2.4.2)."""
    parts = [int.from_bytes(raw[start : start + 4], "little") for start in range(8, len(raw), 4)]
    return "-".join(["S", str(raw[0]), str(int.from_bytes(raw[2:8], "big")), *map(str, parts)])


def checks(done: Run, status: str) -> set[str]:
    """The checks with this status in the table that a person sees."""
    return set(re.findall(rf"^\W*{status} +(\w+) ", done.output, re.MULTILINE))
