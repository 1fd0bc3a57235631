# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Try the way to a domain controller, step by step, without signing in."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..._identity.preconditions.network import (
    NO_NAME_SERVER,
    NO_WAY,
    REFUSED,
    TIMED_OUT,
    UNKNOWN_NAME,
    Certificate,
    Probe,
)
from ..session.connection import reached
from ..session.errors import LdapError
from ..session.options import LdapOptions
from .rights import read_time


def probe(server: str, options: LdapOptions) -> tuple[Probe, datetime | None]:
    """Return how far this machine comes on the way to a server, and the server's time; None if it is not known."""
    found = Probe(
        server,
        options.port,
        is_address=_is_address(server),
        is_checked=options.context.verify_mode != ssl.CERT_NONE,
    )
    try:
        addresses = _look_up(server, options.port)
    except OSError as error:
        # EAI_AGAIN: no name server gave an answer. All others say that there is no such name.
        no_server = error.errno == socket.EAI_AGAIN
        return replace(found, name_fault=NO_NAME_SERVER if no_server else UNKNOWN_NAME), None
    except UnicodeError:  # what no name can be, such as dc1..contoso.com
        return replace(found, name_fault=UNKNOWN_NAME), None
    found = replace(found, addresses=addresses)
    fault = _port_fault(server, options)
    if fault:
        return replace(found, port_fault=fault), None
    try:
        certificate, time = _shake_hands(server, options)
    except LdapError as error:
        return replace(found, tls_error=error.message, certificate=_unchecked(server, options)), None
    return replace(found, certificate=certificate), time


def _is_address(server: str) -> bool:
    try:
        ipaddress.ip_address(server)
    except ValueError:
        return False
    return True


def _look_up(server: str, port: int) -> tuple[str, ...]:
    found = socket.getaddrinfo(server, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_kinds, address in found))


def _port_fault(server: str, options: LdapOptions) -> str | None:
    try:
        socket.create_connection((server, options.port), options.connection_timeout).close()
    except ConnectionRefusedError:
        return REFUSED
    except TimeoutError:
        return TIMED_OUT
    except OSError:
        return NO_WAY
    return None


def _shake_hands(server: str, options: LdapOptions) -> tuple[Certificate | None, datetime | None]:
    """Return the certificate and the time of a server.

    :raises LdapError: if TLS fails.
    """
    with reached(server, options) as session:
        certificate = _read(session.connection.socket)
        time = None
        # A server may answer nobody who has not signed in. The time is read once more after that.
        with suppress(LdapError):
            time = read_time(session)
    return certificate, time


def _unchecked(server: str, options: LdapOptions) -> Certificate | None:
    """Return the certificate that a server shows to whoever does not check it. Nothing is sent to such a server."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with suppress(LdapError), reached(server, replace(options, context=context)) as session:
        return _read(session.connection.socket)
    return None


def _read(secured: Any) -> Certificate | None:
    from cryptography import x509

    content = secured.getpeercert(binary_form=True)
    if not content:
        return None
    try:
        found = x509.load_der_x509_certificate(content)
        return Certificate(found.subject.rfc4514_string(), found.issuer.rfc4514_string(), found.not_valid_after_utc)
    except ValueError:
        return None  # nobody can read it, and whether it is trusted was decided before
