# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to connect to a directory, as the options of a task say it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..._identity.core.errors import InputError
from .auth import Auth, auth_method
from .clock import Clock
from .tls import IGNORE, client_context

LDAPS, START_TLS = "ldaps", "start_tls"
_PORTS = {LDAPS: 636, START_TLS: 389}
_CATALOG_PORTS = {LDAPS: 3269, START_TLS: 3268}
# Seconds. Longer than a domain controller searches (MaxQueryDuration is 120 s), so that its own error arrives first.
_READ_TIMEOUT = 150
_HOST = re.compile(r"[A-Za-z0-9._:%-]+")


@dataclass(frozen=True)
class LdapOptions:
    """The checked connection options of ``_module.argspec.ldap_options``. Timeouts are in seconds."""

    servers: tuple[str, ...]
    port: int
    tls_mode: str
    context: ssl.SSLContext
    auth: Auth = field(repr=False)
    connection_timeout: int
    read_timeout: int = _READ_TIMEOUT
    clock: Clock = field(default_factory=Clock, repr=False, compare=False)

    @classmethod
    def from_params(cls, params: Mapping[str, Any], *, writes: bool) -> LdapOptions:
        """Check the options without using the network. ``writes`` also if the task only plans to write.

        :raises InputError: if an option is missing or wrong, or if the certificate of the server that is to be written
            to would not be checked.
        """
        if writes and params["cert_validation"] == IGNORE:
            raise InputError(
                "cert_validation is ignore, so an attacker on the network can change what this task reads and writes. "
                "Set ca_cert to the certificate of the CA. Only tasks that read can ignore the certificate."
            )
        servers = tuple(server.strip() for server in params["server"] or () if server.strip())
        if not servers:
            raise InputError("No domain controller is set; set server to its host name.")
        for server in servers:
            if not _HOST.fullmatch(server):
                raise InputError(f"{server!r} is not a host name or address; write it without scheme, port and path.")
        port = params["port"] or _PORTS[params["tls_mode"]]
        if not 0 < port < 65536:
            raise InputError(f"Port {port} does not exist; it must be between 1 and 65535.")
        if port in _CATALOG_PORTS.values():
            raise InputError(
                f"Port {port} is the port of a global catalog, which by default lacks mS-DS-ConsistencyGuid and "
                "proxyAddresses and does not accept writes. Remove port, or set it to 636, or to 389 with tls_mode "
                "start_tls."
            )
        if params["connection_timeout"] < 1:
            raise InputError("connection_timeout must be at least 1 second.")
        auth = auth_method(params["auth_protocol"], params["username"], params["password"])
        auth.validate()
        context = client_context(params["ca_cert"], params["cert_validation"], params["read_file"])
        return cls(servers, port, params["tls_mode"], context, auth, params["connection_timeout"])

    def global_catalog(self, server: str) -> LdapOptions:
        """Return the same options for the Global Catalog of one server."""
        return replace(self, servers=(server,), port=_CATALOG_PORTS[self.tls_mode])
