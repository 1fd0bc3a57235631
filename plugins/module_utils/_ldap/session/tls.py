# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS for ldap3: a context for the caller's options, and a wrapper that keeps the reason of a failed handshake."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable
from typing import Any

from ..._identity.core.errors import InputError

IGNORE = "ignore"
"""The value of ``cert_validation`` that checks nothing."""


def client_context(ca_cert: str | None, cert_validation: str, read_file: Callable[[str, str], bytes]) -> ssl.SSLContext:
    """Return a context for ``ca_cert`` (None for the system's authorities) and ``cert_validation``.

    ``read_file`` is as in ``argspec.connection``.

    :raises InputError: if ``ca_cert`` cannot be read or holds no certificate.
    """
    # A PEM file may have comments in any encoding between its certificates.
    certificates = (read_file("ca_cert", ca_cert).decode("ascii", "ignore") or "-") if ca_cert else None
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cadata=certificates)
    except (ssl.SSLError, ValueError):
        raise InputError(f"ca_cert {ca_cert} contains no certificate; it must be a PEM file.") from None
    if cert_validation != "always":
        context.check_hostname = False
    if cert_validation == IGNORE:
        context.verify_mode = ssl.CERT_NONE
    return context


def recording_tls(context: ssl.SSLContext, server: str, timeout: int) -> Any:
    """Return an ``ldap3.Tls`` that uses this context, lets OpenSSL check the name, and keeps errors in ``failure``.

    ``timeout`` is in seconds. ldap3's own class reports a failed handshake only as text, without OpenSSL's code
    (tests/upstream/test_ldap3.py::test_a_failed_handshake_has_no_openssl_code), and does not send the server's name
    (tests/upstream/test_ldap3.py::test_the_server_is_not_told_which_name_is_wanted).
    """
    return _tls_class()(context, server, timeout)


@functools.cache
def _tls_class() -> type:
    import ldap3

    class RecordingTls(ldap3.Tls):  # type: ignore[misc, unused-ignore]
        def __init__(self, context: ssl.SSLContext, server: str, timeout: int) -> None:
            super().__init__(validate=context.verify_mode)
            self.context = context
            self.server = server
            self.timeout = timeout
            self.failure: Exception | None = None

        def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
            plain = connection.socket
            patience = plain.gettimeout()
            # If a server accepts the connection but never answers, do not wait as long as for a search, as ldap3 does:
            # tests/upstream/test_ldap3.py::test_a_handshake_may_take_as_long_as_a_search
            plain.settimeout(self.timeout)
            try:
                connection.socket = self.context.wrap_socket(plain, server_hostname=self.server)
            except (OSError, ValueError) as error:
                self.failure = error
                raise
            connection.socket.settimeout(patience)

    return RecordingTls
