# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/setup.md in the lab: the accounts of the page, with the rights that its commands for Samba give."""

from __future__ import annotations

import os
import re
import secrets as random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from accounts import unit
from delegation import Accounts
from outside import Directory
from support.code_blocks import SHELL, Page, blocks, commands

PAGE = Page("docs/setup.md")
WRITER, PLANNER = "hybrid-identity", "hybrid-identity-plan"
UNIT = "Setup"
"""In place of the page's organizational unit, which in the lab is full of people who are awkward."""
PEOPLE = ["setup.one@contoso.com", "setup.two@contoso.com"]
READ, STAMP, CREATE, ROLL_BACK, SUFFIXES = (
    "Read",
    "Write mS-DS-ConsistencyGuid",
    "Create users and write their attributes",
    "Roll accounts back",
    "Write UPN suffixes",
)
"""The rights, by the bold words before their commands."""


class DomainController:
    """A shell of root there, in which the blocks of the page are typed. Its paths and its unit become the lab's."""

    def __init__(self, directory: Directory) -> None:
        self.accounts = Accounts(directory)
        self._ldap = directory.ldap
        self._variables = ""
        self._given: set[str] = set()

    def type(self, block: str, answers: str = "") -> str:
        """Run a block and return what it printed. ``answers`` are those to questions for passwords."""
        block = block.replace("OU=People", f"OU={UNIT}").replace("/var/lib/samba/private/sam.ldb", self._ldap["sam"])
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._variables + block],
            env={**os.environ, "SMB_CONF_PATH": self._ldap["smb_conf"]},
            input=answers,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            # Without a terminal, so that passwords are read from the standard input.
            start_new_session=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def make_accounts(self) -> None:
        for command in commands(PAGE.block("samba-tool user create", *SHELL)):
            password = f"Lab-{random.token_urlsafe(18)}1"
            self.type(command, f"{password}\n{password}\n")
            self.accounts.passwords[command.split()[-1]] = password
        block = PAGE.block("sam=", *SHELL)
        names = " ".join(re.findall(r"^(\w+)=", block, re.MULTILINE))
        told = self.type(f"{block}\ndeclare -p {names}\n")
        # For the blocks that follow, as a shell that stays open has them.
        self._variables = "".join(f"{line}\n" for line in told.splitlines() if line.startswith("declare "))

    def give(self, right: str) -> None:
        """Type the blocks that follow the bold words which name a right, unless the account has it already."""
        if right in self._given:
            return
        parts = re.split(r"(?m)^\*\*(.+?)[.:]\*\*", PAGE.section("### With samba-tool"))
        (text,) = (after for words, after in zip(parts[1::2], parts[2::2], strict=True) if words == right)
        self.type("\n".join(blocks(text, *SHELL)))
        self._given.add(right)


@contextmanager
def people(directory: Directory) -> Iterator[str]:
    """The organizational unit, with two users."""
    with unit(directory, UNIT) as path:
        for upn in PEOPLE:
            name = upn.partition("@")[0]
            ldif = f"dn: CN={name},{path}\nobjectClass: user\nsAMAccountName: {name}\nuserPrincipalName: {upn}\n"
            directory._run("ldapadd", stdin=f"{ldif}userAccountControl: 544\n")
        yield path


@contextmanager
def accounts_made(directory: Directory) -> Iterator[DomainController]:
    """A domain controller with the two accounts of the page, which have no right yet. All access lists are put back."""
    found = DomainController(directory)
    names = (directory.base, f"CN=Partitions,CN=Configuration,{directory.base}")
    before = {name: found.accounts.descriptor(name) for name in names}
    try:
        found.make_accounts()
        assert set(found.accounts.passwords) == {WRITER, PLANNER}
        yield found
    finally:
        for name, descriptor in before.items():
            found.accounts.put_back(name, descriptor)
        found.accounts.remove()
