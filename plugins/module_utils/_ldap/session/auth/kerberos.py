# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kerberos (SASL GSSAPI, RFC 4752) with channel binding (RFC 5929), inside TLS and without a SASL security layer.

ldap3 has the same exchange, but its check of the server's last token compares bytes with text. It fails if the server
offers no security layer, as is usual inside TLS:
tests/upstream/test_ldap3.py::test_kerberos_refuses_a_server_without_a_security_layer
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from ...._identity.core.errors import InputError
from ..errors import SUCCESS, LdapError
from .channel_binding import server_end_point

_NO_LAYER = 1
_SASL_BIND_IN_PROGRESS = 14
_MAX_ROUNDS = 10

# Error codes of MIT Kerberos (krb5_err.et), as in GSSError.min_code.
_MINOR = {
    -1765328378: (
        "unknown_principal",
        "the domain has no such account; check username, which must have the form name@REALM",
    ),
    -1765328377: (
        "unknown_service",
        "the domain has no service with that name; set server to the DNS name of the domain controller",
    ),
    -1765328366: ("account_disabled", "the account is disabled or locked; enable it or use another account"),
    -1765328361: ("password_expired", "the password has expired; set a new one"),
    -1765328360: ("wrong_password", "the password is wrong; correct it"),
    -1765328353: ("wrong_password", "the password is wrong; correct it"),
    -1765328352: ("ticket_expired", "the ticket has expired; get a new one with kinit"),
    -1765328347: ("clock_skew", "the clocks of this machine and the domain controller differ too much; correct them"),
    -1765328230: ("unknown_realm", "no key distribution center is known for the realm; check krb5.conf or DNS"),
    -1765328228: ("kdc_unreachable", "no key distribution center answered; check krb5.conf, DNS and port 88"),
    -1765328189: ("no_ticket", "there is no ticket; run kinit first, or set username and password"),
    -1765328243: ("no_ticket", "the credential cache has no ticket for this account; run kinit, or set password"),
}


class KerberosAuth:
    """Signs in with Kerberos. Without a password, the credential cache must hold a ticket."""

    def __init__(self, username: str | None, password: str | None) -> None:
        self.username = username
        self._password = password

    def validate(self) -> None:
        if importlib.util.find_spec("gssapi") is None:
            raise InputError(
                f"auth_protocol kerberos needs the Python library gssapi; install it with: {sys.executable} -m pip "
                "install gssapi (it is built with the system's Kerberos headers)."
            )
        if self._password and not self.username:
            raise InputError("auth_protocol kerberos with a password needs a username of the form name@REALM.")

    def arguments(self) -> dict[str, Any]:
        import ldap3

        return {"authentication": ldap3.SASL, "sasl_mechanism": ldap3.KERBEROS}

    def bind(self, connection: Any) -> dict[str, Any]:
        import gssapi

        try:
            return self._negotiate(connection)
        except gssapi.exceptions.GSSError as error:
            raise self._error(error, connection.server.host) from None

    def _credentials(self) -> Any:
        import gssapi

        if not self.username:
            return None
        name = gssapi.Name(self.username, gssapi.NameType.user)
        if not self._password:
            return gssapi.Credentials(name=name, usage="initiate")
        return gssapi.raw.acquire_cred_with_password(name, self._password.encode(), usage="initiate").creds

    def _negotiate(self, connection: Any) -> dict[str, Any]:
        import gssapi
        from ldap3.protocol.sasl.sasl import send_sasl_negotiation

        context = gssapi.SecurityContext(
            name=gssapi.Name(f"ldap@{connection.server.host}", gssapi.NameType.hostbased_service),
            mech=gssapi.MechType.kerberos,
            creds=self._credentials(),
            channel_bindings=gssapi.raw.ChannelBindings(application_data=server_end_point(connection.socket)),
            usage="initiate",
        )
        token = None
        for _round in range(_MAX_ROUNDS):
            if context.complete and token:
                # RFC 4752 3.1: the last token lists the security layers that the server offers. We use TLS instead.
                context.unwrap(token)
                reply = context.wrap(bytes([_NO_LAYER, 0, 0, 0]), False).message
            else:
                reply = context.step(token) or b""
            result = send_sasl_negotiation(connection, None, reply)
            token = result.get("saslCreds")
            if result["result"] != _SASL_BIND_IN_PROGRESS:
                connection.bound = result["result"] == SUCCESS
                return result
        raise LdapError(
            f"{connection.server.host} did not complete the Kerberos sign-in; use another auth_protocol.",
            "kerberos_failed",
        )

    def _error(self, error: Any, server: str) -> LdapError:
        minor = error.min_code - 2**32 if error.min_code >= 2**31 else error.min_code
        cause, text = _MINOR.get(
            minor, ("kerberos_failed", f"Kerberos failed with code {minor}; check kinit and klist")
        )
        who = f" as {self.username}" if self.username else ""
        return LdapError(f"Signing in to {server}{who} failed: {text}.", cause)
