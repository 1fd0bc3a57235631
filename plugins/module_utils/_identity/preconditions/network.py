# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a domain controller can be reached: its name, its port, its certificate, and the sign-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .checks import Check, by_error, fine, not_made, wrong

NAME, PORT, TLS, BIND = "ad_name", "ad_port", "ad_tls", "ad_sign_in"

UNKNOWN_NAME, NO_NAME_SERVER = "unknown_name", "no_name_server"
REFUSED, TIMED_OUT, NO_WAY = "refused", "timed_out", "no_way"


@dataclass(frozen=True)
class Certificate:
    """A server's certificate: whose it is, which authority signed it, and when it ends."""

    subject: str
    issuer: str
    ends: datetime


@dataclass(frozen=True)
class Probe:
    """What was found on the way to a server. What comes after a fault was not tried.

    ``is_address``: the option is an IP address. ``name_fault``, ``port_fault``: one of the words above.
    ``tls_error``: the sentence about a handshake that failed. ``certificate`` is None if none was shown.
    ``is_checked``: whether the options have certificates checked.
    """

    server: str
    port: int
    is_address: bool = False
    addresses: Sequence[str] = ()
    name_fault: str | None = None
    port_fault: str | None = None
    tls_error: str | None = None
    certificate: Certificate | None = None
    is_checked: bool = True

    @property
    def is_reached(self) -> bool:
        return self.name_fault is None and self.port_fault is None and self.tls_error is None


def check_probe(probe: Probe, timeout: int, now: datetime) -> list[Check]:
    """Return the checks of a server's name, port and certificate. ``timeout`` is in seconds."""
    where = f"{probe.server}:{probe.port}"
    if probe.name_fault:
        return [_name_fault(probe), not_made(PORT, f"Port {probe.port}", NAME), not_made(TLS, "TLS", NAME)]
    named = fine(NAME, _found_name(probe))
    if probe.port_fault:
        return [named, _port_fault(probe, where, timeout), not_made(TLS, "TLS", PORT)]
    return [named, fine(PORT, f"{where} accepts connections."), _check_tls(probe, where, now)]


def check_sign_in(server: str, username: str | None, error: str | None) -> Check:
    """Return the check of the sign-in. ``error``: the sentence about a sign-in that failed."""
    if error:
        found = by_error(BIND, error)
        return wrong(BIND, found.finding, f"{found.advice} The options are username and password.")
    return fine(BIND, f"{server} accepts the sign-in of {username or 'the Kerberos ticket of this user'}.")


def _found_name(probe: Probe) -> str:
    if probe.is_address:
        return f"{probe.server} is an IP address, so no DNS query was needed."
    return f"DNS resolves {probe.server} to {', '.join(probe.addresses)}."


def _name_fault(probe: Probe) -> Check:
    if probe.name_fault == UNKNOWN_NAME:
        return wrong(
            NAME,
            f"DNS does not know {probe.server}.",
            "Correct server, or configure this machine to use a name server that knows the domain, such as the domain "
            "controller.",
        )
    return wrong(
        NAME,
        f"{probe.server} could not be resolved, because no name server answered.",
        "Check the name servers of this machine (/etc/resolv.conf) and its network.",
    )


def _port_fault(probe: Probe, where: str, timeout: int) -> Check:
    if probe.port_fault == REFUSED:
        return wrong(
            PORT,
            f"{where} refuses the connection, so no service listens there.",
            "Check port and tls_mode, and that the domain controller has a certificate: without one, Windows offers no "
            "LDAPS.",
        )
    if probe.port_fault == TIMED_OUT:
        return wrong(
            PORT,
            f"{where} did not answer within {timeout} s.",
            "Open the port in the firewalls between this machine and the domain controller, or raise "
            "connection_timeout.",
        )
    return wrong(PORT, f"This machine has no route to {where}.", "Check the network and the routes of this machine.")


def _check_tls(probe: Probe, where: str, now: datetime) -> Check:
    shown = f" ({_describe(probe.certificate, now)})" if probe.certificate else ""
    if probe.tls_error:
        found = by_error(TLS, probe.tls_error)
        return wrong(TLS, f"{found.finding.removesuffix('.')}{shown}.", found.advice)
    if not probe.is_checked:
        return wrong(
            TLS,
            f"cert_validation is ignore, so the certificate of {where} was not checked{shown}.",
            "Set ca_cert to the certificate of the authority, and remove cert_validation, because tasks that "
            "write refuse it.",
        )
    return fine(TLS, f"{where} has a trusted certificate{shown}.")


def _describe(certificate: Certificate, now: datetime) -> str:
    days = (certificate.ends - now).days
    when = f"in {days} days" if days >= 0 else f"{-days} days ago"
    return (
        f"of {certificate.subject or 'an unnamed subject'}, signed by {certificate.issuer}, "
        f"{'ends' if days >= 0 else 'ended'} on {certificate.ends:%Y-%m-%d}, {when}"
    )
