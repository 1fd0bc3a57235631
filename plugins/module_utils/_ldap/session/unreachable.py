# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why no connection to a domain controller could be opened: its name, its port, or no answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from .errors import Unreachable


def unreachable(error: BaseException, server: str, port: int, timeout: int) -> Unreachable:
    """Return the error for a socket that could not be opened. ``error`` is ldap3's, ``timeout`` is in seconds."""
    return (
        _refused(error, server, port)
        or _timed_out(error, server, port, timeout)
        or _unknown_name(server)
        or Unreachable(
            f"{server}:{port} cannot be reached. Check the network between this machine and the domain controller.",
            "unreachable",
        )
    )


def _unknown_name(server: str) -> Unreachable | None:
    """Ask for the name again, because ldap3 does not say that it found no address.

    tests/upstream/test_ldap3.py::test_a_name_without_an_address_is_no_error_of_its_own
    """
    try:
        socket.getaddrinfo(server, None)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            return Unreachable(
                f"No DNS server answered the query for {server}; check this machine's DNS servers and network.",
                "dns_failed",
            )
        return Unreachable(
            f"DNS does not know {server}. Check the name in server, and check whether this machine's DNS servers know "
            "the domain of Active Directory.",
            "unknown_host",
        )
    except (OSError, ValueError):  # also a name that cannot be encoded
        return None
    return None


def _refused(error: BaseException, server: str, port: int) -> Unreachable | None:
    if not any(isinstance(each, ConnectionRefusedError) for each in _reasons(error)):
        return None
    return Unreachable(
        f"{server} refuses connections to port {port}. Check port and tls_mode, and check whether the domain "
        "controller runs and has a certificate.",
        "connection_refused",
    )


def _timed_out(error: BaseException, server: str, port: int, timeout: int) -> Unreachable | None:
    if not any(isinstance(each, TimeoutError) for each in _reasons(error)):
        return None
    return Unreachable(
        f"{server}:{port} did not answer within {timeout} s; check the address, the firewalls in between, and whether "
        "the domain controller runs.",
        "connection_timeout",
    )


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """Return ldap3's exception, and those of the single addresses if the name has several."""
    yield error
    for argument in error.args:
        for each in argument if isinstance(argument, list) else ():
            if isinstance(each, tuple) and each and isinstance(each[0], BaseException):
                yield each[0]
