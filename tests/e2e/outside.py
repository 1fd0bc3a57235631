# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The estate seen with tools that are not ours: ldapsearch, ldbsearch and curl."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from support.polling import wait_until

Entry = dict[str, list[bytes]]
INVALID_CREDENTIALS = 49
PROPERTIES = (
    "id,userPrincipalName,onPremisesImmutableId,onPremisesSyncEnabled,onPremisesLastSyncDateTime,"
    "onPremisesProvisioningErrors"
)


def run(command: list[str], environment: dict[str, str] | None = None, stdin: str | None = None) -> str:
    """Run a program that must succeed and return what it printed."""
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def entries_of_ldif(text: str) -> Iterator[Entry]:
    """Entries of unfolded LDIF, attribute names in lower case, values as bytes."""
    entry: Entry = {}
    for line in [*text.replace("\n ", "").splitlines(), ""]:
        if not line:
            if "dn" in entry:
                yield entry
            entry = {}
        elif not line.startswith(("#", "ref:")):
            name, _colon, rest = line.partition(":")
            value = base64.b64decode(rest[1:].strip()) if rest.startswith(":") else rest.strip().encode()
            entry.setdefault(name.lower(), []).append(value)


class Directory:
    """Active Directory by OpenLDAP's ldapsearch."""

    def __init__(self, lab: dict[str, Any]) -> None:
        self.ldap = lab["ldap"]
        self.base = ",".join(f"DC={label}" for label in lab["domain"].split("."))
        self.url = f"ldaps://{self.ldap['server']}:{self.ldap['port']}"

    def _run(self, program: str, *arguments: str, stdin: str | None = None) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".secret") as secret:
            secret.write(self.ldap["password"])
            secret.flush()
            command = [program, "-x", "-H", self.url, "-D", self.ldap["username"], "-y", secret.name, *arguments]
            return run(command, {"LDAPTLS_CACERT": self.ldap["ca_cert"]}, stdin)

    def search(self, ldap_filter: str, *attributes: str, base: str | None = None, scope: str = "sub") -> list[Entry]:
        arguments = [
            "-LLL",
            "-E",
            "pr=500/noprompt",
            "-o",
            "ldif-wrap=no",
            "-b",
            base or self.base,
            "-s",
            scope,
            ldap_filter,
            *attributes,
        ]
        return list(entries_of_ldif(self._run("ldapsearch", *arguments)))

    def suffixes(self) -> list[str]:
        """The forest's stored UPN suffixes."""
        found = self.search(
            "(objectClass=crossRefContainer)", "uPNSuffixes", base=f"CN=Partitions,CN=Configuration,{self.base}"
        )
        return sorted(value.decode() for entry in found for value in entry.get("upnsuffixes", []))

    def add_suffixes(self, *suffixes: str) -> None:
        values = "".join(f"uPNSuffixes: {suffix}\n" for suffix in suffixes)
        self.modify(f"dn: CN=Partitions,CN=Configuration,{self.base}\nchangetype: modify\nadd: uPNSuffixes\n{values}")

    def clear_suffixes(self) -> None:
        if self.suffixes():
            ldif = f"dn: CN=Partitions,CN=Configuration,{self.base}\nchangetype: modify\ndelete: uPNSuffixes\n"
            self._run("ldapmodify", stdin=ldif)

    def clear_attribute(self, dn: str, attribute: str) -> None:
        encoded = base64.b64encode(dn.encode()).decode()
        self._run("ldapmodify", stdin=f"dn:: {encoded}\nchangetype: modify\nreplace: {attribute}\n")

    def add_unit(self, relative: str) -> str:
        """Make an organizational unit and return its DN."""
        dn = f"{relative},{self.base}"
        self._run("ldapadd", stdin=f"dn: {dn}\nobjectClass: organizationalUnit\n")
        return dn

    def signs_in(self, name: str, password: str) -> bool:
        """Whether a user binds with this password."""
        done = subprocess.run(
            ["ldapsearch", "-x", "-LLL", "-H", self.url, "-D", name, "-w", password, "-s", "base", "-b", "", "1.1"],
            env={**os.environ, "LDAPTLS_CACERT": self.ldap["ca_cert"]},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (0, INVALID_CREDENTIALS), done.stderr
        return done.returncode == 0

    def delete_tree(self, relative: str) -> None:
        """Delete an entry, if it is there, and all below it, with AD's tree-delete control."""
        if self.search(f"({relative})", "1.1"):
            self._run("ldapdelete", "-e", "!1.2.840.113556.1.4.805", f"{relative},{self.base}")

    def modify(self, ldif: str) -> None:
        """Apply change records."""
        self._run("ldapmodify", stdin=ldif)


class Graph:
    """Entra by curl."""

    def __init__(self, lab: dict[str, Any], client_id: str | None = None, secret: str | None = None) -> None:
        self.lab = lab
        self.client_id = client_id or lab["client_id"]
        self.secret = secret or lab["secret"]
        self._token: str | None = None

    def _curl(self, *arguments: str, config: str = "") -> str:
        return run(
            ["curl", "--silent", "--show-error", "--cacert", self.lab["ca_cert"], "--config", "-", *arguments],
            stdin=config,
        )

    def token(self) -> str:
        if self._token is None:
            url = f"{self.lab['authority'].rstrip('/')}/{self.lab['tenant']}/oauth2/v2.0/token"
            scope = quote(f"{self.lab['graph_url'].rstrip('/')}/.default", safe="")
            form = f"grant_type=client_credentials&client_id={self.client_id}&scope={scope}"
            form += f"&client_secret={quote(self.secret, safe='')}"
            self._token = str(json.loads(self._curl(url, config=f'data = "{form}"'))["access_token"])
        return self._token

    def get(self, path: str, **headers: str) -> Any:
        url = path if path.startswith("https:") else f"{self.lab['graph_url'].rstrip('/')}/v1.0{path}"
        config = f'header = "Authorization: Bearer {self.token()}"\n'
        config += "".join(f'header = "{name}: {value}"\n' for name, value in headers.items())
        return json.loads(self._curl("--globoff", url, config=config))

    def users(self) -> dict[str, dict[str, Any]]:
        """All users by UPN in lower case, with the properties that this project is about."""
        found: dict[str, dict[str, Any]] = {}
        url = f"/users?$top=999&$select={PROPERTIES}"
        while url:
            page = self.get(url)
            found |= {user["userPrincipalName"].lower(): user for user in page["value"]}
            url = page.get("@odata.nextLink", "")
        return found


class Control:
    """The emulator's control plane: the lab's own, so reached by curl like the rest."""

    def __init__(self, lab: dict[str, Any]) -> None:
        self.lab = lab

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        command = [
            "curl",
            "--silent",
            "--show-error",
            "--fail-with-body",
            "--cacert",
            self.lab["ca_cert"],
            "--request",
            method,
        ]
        command.append(f"{self.lab['graph_url'].rstrip('/')}/lab/{path}")
        if body is not None:
            command += ["--header", "Content-Type: application/json", "--data-binary", "@-"]
        text = run(command, stdin=None if body is None else json.dumps(body))
        return json.loads(text) if text.strip() else None

    def held(self) -> dict[str, int]:
        """How many requests are held by a fault, and how many are under way."""
        return dict(self("GET", "held"))

    def let_go(self, **fault: Any) -> None:
        """End all faults, release what is held, and return when no request is under way any more.

        A fault, such as ``status=503``, acts until then, on the rest of a batch too.
        """
        self("PUT", "settings", {"faults": [{"count": 1_000_000, **fault}] if fault else []})
        wait_until(self._is_quiet, "no request is under way")
        if fault:
            self("PUT", "settings", {"faults": []})

    def _is_quiet(self) -> bool:
        # Again and again: a batch can be held after one of its items was.
        self("POST", "release")
        # What had arrived by the first look is under way by the second one.
        return [self.held()["underWay"] for _look in range(2)] == [0, 0]


def expected_immutable_id(entry: Entry) -> str:
    """The ImmutableId of an AD entry by coreutils' own base64, from the raw attribute."""
    raw = (entry.get("ms-ds-consistencyguid") or entry["objectguid"])[0]
    done = subprocess.run(["base64", "--wrap=0"], input=raw, capture_output=True, check=True, timeout=60)
    return done.stdout.decode()


def graph_options(lab: dict[str, Any]) -> dict[str, Any]:
    """The options with which modules connect to the lab's tenant."""
    options = {key: lab[key] for key in ("tenant", "client_id", "secret", "authority", "graph_url")}
    return {**options, "graph_ca_cert": lab["ca_cert"], "disable_instance_discovery": True}


def state_folder() -> Path:
    """The folder of the running lab."""
    return Path(os.environ.get("LAB_STATE") or Path(__file__).resolve().parents[2] / ".lab")
