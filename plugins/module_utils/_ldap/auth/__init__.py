# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to sign in, a file a way.

A way is checked with ``validate()`` before any network, gives ldap3's connection its arguments, and binds.
"""

from __future__ import annotations

from typing import Any, Protocol

from ansible_collections.hybrid.identity.plugins.module_utils._ldap.auth.kerberos import KerberosAuth
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.auth.simple import SimpleAuth


class Auth(Protocol):
    """What every way to sign in can do."""

    username: str | None

    def validate(self) -> None:
        """Check what was given, without network.

        :raises InputError: saying which option is missing or wrong.
        """

    def arguments(self) -> dict[str, Any]:
        """Arguments for ``ldap3.Connection``."""

    def bind(self, connection: Any) -> dict[str, Any]:
        """Bind an open connection and return ldap3's result dict.

        :raises LdapError: where signing in failed before the directory was asked.
        """


METHODS: dict[str, type[SimpleAuth] | type[KerberosAuth]] = {
    "simple": SimpleAuth,
    "kerberos": KerberosAuth,
}


def auth_method(protocol: str, username: str | None, password: str | None) -> Auth:
    """The way to sign in for option ``auth_protocol``."""
    return METHODS[protocol](username, password)
