# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of connections that fail before the service answers: name, network, certificate."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from .errors import GraphError


def connection_error(error: BaseException, url: str, timeout: float) -> GraphError:
    """Return the exception for a failed connection to ``url``, whichever library raised ``error``.

    ``timeout`` is in seconds.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    certificate = certificate_problem(error)
    if certificate:
        return GraphError(
            "untrusted_certificate",
            f"The certificate of {host} is not trusted ({certificate}); set graph_ca_cert to the PEM file of the "
            "authority that signed it, or check that no proxy or attacker intercepts the connection.",
        )
    unnamed = next((link for link in chain(error) if isinstance(link, socket.gaierror)), None)
    if unnamed is not None:
        return _unknown_name(unnamed, parts.hostname or host)
    if any(isinstance(link, ConnectionRefusedError) for link in chain(error)):
        return GraphError(
            "connection_refused", f"{host} refuses connections; check the name, the port and the proxy settings."
        )
    if any("Timeout" in type(link).__name__ or isinstance(link, TimeoutError) for link in chain(error)):
        return GraphError(
            "connection_timeout",
            f"{host} did not answer within {timeout:g} s; check the network, firewalls, the proxy and the timeout.",
        )
    if any(isinstance(link, ssl.SSLError) for link in chain(error)):
        return GraphError("unreachable", f"{host} does not answer with valid TLS; check the port and any proxy.")
    return GraphError("unreachable", f"{host} cannot be reached; check the network and the proxy settings.")


def _unknown_name(error: socket.gaierror, name: str) -> GraphError:
    if error.errno == socket.EAI_AGAIN:
        return GraphError(
            "dns_failed",
            f"No DNS server answered the query for {name}; check this machine's DNS servers and network.",
        )
    return GraphError(
        "unknown_host", f"DNS does not know {name}; check the name, this machine's DNS servers and the proxy settings."
    )


def failed_host(error: BaseException) -> str | None:
    """Return the host to which a connection of requests failed; None if neither requests nor urllib3 says it."""
    for link in chain(error):
        known = vars(link)
        if known.get("request") is not None:
            return urlsplit(str(known["request"].url)).hostname
        # In urllib3, "pool" is older than "conn", and other exceptions still have it.
        connection = known.get("conn") or known.get("pool")
        if connection is not None:
            return str(connection.host)
    return None


def certificate_problem(error: BaseException) -> str | None:
    """Return OpenSSL's message if the connection failed because of a certificate, else None."""
    for link in chain(error):
        if isinstance(link, ssl.SSLCertVerificationError):
            return str(link.verify_message or link.reason or "verification failed")
        if isinstance(link, ssl.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(link):
            return "verification failed"
    return None


def chain(error: BaseException) -> Iterator[BaseException]:
    """Return an exception and all that it wraps: cause, context, members of a group, and arguments or reason.

    The last two are those of requests and urllib3:

    tests/upstream/test_azure_identity.py::test_what_a_connection_failed_on_is_no_cause_of_the_exception
    """
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        link = todo.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        inner = (
            link.__cause__,
            link.__context__,
            getattr(link, "reason", None),
            getattr(link, "inner_exception", None),
        )
        todo.extend([*inner, *link.args, *getattr(link, "exceptions", ())])
