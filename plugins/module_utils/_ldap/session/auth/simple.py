# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simple bind: user name and password, inside TLS."""

from __future__ import annotations

from typing import Any

from ...._identity.core.errors import InputError


class SimpleAuth:
    """Signs in with a simple bind. ``username`` is a UPN, ``DOMAIN\\name`` or a distinguished name."""

    def __init__(self, username: str | None, password: str | None) -> None:
        self.username = username
        self._password = password

    def validate(self) -> None:
        if not self.username:
            raise InputError("Signing in to Active Directory needs a username; set username.")
        if not self._password:
            # RFC 4513 5.1.2: a name without a password would be an unauthenticated bind, which may succeed.
            raise InputError(f"Signing in as {self.username} needs a password; set password.")

    def arguments(self) -> dict[str, Any]:
        import ldap3

        return {"user": self.username, "password": self._password, "authentication": ldap3.SIMPLE}

    def bind(self, connection: Any) -> dict[str, Any]:
        connection.bind(read_server_info=False)
        return connection.result
