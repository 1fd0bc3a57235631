# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways to sign in to Active Directory, one file each."""

from __future__ import annotations

from typing import Any, Protocol

from .kerberos import KerberosAuth
from .simple import SimpleAuth


class Auth(Protocol):
    """One way to sign in: call ``validate()``, connect with ``arguments()``, then ``bind()``."""

    username: str | None

    def validate(self) -> None:
        """Check the options without using the network.

        :raises InputError: if an option is missing or wrong.
        """

    def arguments(self) -> dict[str, Any]:
        """Return the arguments for ``ldap3.Connection``."""

    def bind(self, connection: Any) -> dict[str, Any]:
        """Bind an open connection and return ldap3's result dict.

        :raises LdapError: if the sign-in fails before the server gives a result.
        """


METHODS: dict[str, type[SimpleAuth] | type[KerberosAuth]] = {
    "simple": SimpleAuth,
    "kerberos": KerberosAuth,
}


def auth_method(protocol: str, username: str | None, password: str | None) -> Auth:
    """Return the way to sign in that the option ``auth_protocol`` names."""
    return METHODS[protocol](username, password)
