# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NTLM, by ldap3's own implementation. It sends no channel binding token, which a domain controller may demand."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError


class NtlmAuth:
    """``username`` is ``DOMAIN\\name``."""

    def __init__(self, username: str | None, password: str | None) -> None:
        self.username = username
        self._password = password

    def validate(self) -> None:
        domain, _, name = (self.username or "").partition("\\")
        if not domain or not name:
            raise InputError("auth_protocol ntlm needs a username of the form DOMAIN\\name; set username.")
        if not self._password:
            raise InputError(f"Signing in as {self.username} needs a password; set password.")
        if not _md4_available():
            raise InputError(
                "auth_protocol ntlm needs MD4, which this Python's OpenSSL does not offer; install pycryptodome with: "
                f"{sys.executable} -m pip install pycryptodome, or use another auth_protocol."
            )

    def arguments(self) -> dict[str, Any]:
        import ldap3

        return {"user": self.username, "password": self._password, "authentication": ldap3.NTLM}

    def bind(self, connection: Any) -> dict[str, Any]:
        connection.bind(read_server_info=False)
        return connection.result


def _md4_available() -> bool:
    try:
        hashlib.new("md4", b"", usedforsecurity=False)
    except ValueError:
        return importlib.util.find_spec("Crypto") is not None
    return True
