# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection to the first domain controller that answers, with TLS checked and signed in."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from ..._identity.core.answer_limits import MAX_LDAP_ANSWER
from .errors import SUCCESS, ConnectionLost, LdapError, Unreachable, bind_error, result_error, tls_error
from .metered import MeteredSocket
from .options import LDAPS, START_TLS, LdapOptions
from .raw_entries import keep_raw_values
from .tls import recording_tls
from .unreachable import unreachable

# Seconds between two rounds of all servers after a connection was lost.
_PAUSE = 0.25
# What ldap3's decoder raises for bytes that are not an LDAP message:
# tests/upstream/test_ldap3.py::test_nonsense_ends_in_an_exception_of_the_decoder
_NONSENSE = (LookupError, TypeError, ValueError)


class Session:
    """A signed-in connection to one server."""

    def __init__(self, connection: Any, server: str, options: LdapOptions) -> None:
        self.connection = connection
        self.server = server
        self.options = options

    @contextmanager
    def bounded(self, doing: str) -> Iterator[None]:
        """Bound the bytes of the answer to one request.

        :raises LdapError: if there are more than ``answer_limits`` allows.
        """
        meter = self.connection.socket
        if isinstance(meter, MeteredSocket):
            meter.restart()
        try:
            yield
        except ConnectionLost:
            if not isinstance(meter, MeteredSocket) or not meter.exceeded:
                raise
            raise LdapError(
                f"The answer of {self.server} is larger than {MAX_LDAP_ANSWER} bytes (action: {doing}). Set server to "
                "another domain controller, or narrow the search.",
                "answer_too_large",
            ) from None

    def reopen(self, lost: ConnectionLost) -> None:
        """Sign in again to the next server that answers, or to the same one if only that one answers.

        Try all servers, in rounds, until ``connection_timeout`` is over.

        :raises ConnectionLost: ``lost``, if no server answers.
        :raises LdapError: if TLS or the sign-in fails.
        """
        _close(self.connection)
        servers = self.options.servers
        place = servers.index(self.server) + 1
        clock = self.options.clock
        deadline = clock.now() + self.options.connection_timeout
        while True:
            for server in (*servers[place:], *servers[:place]):
                with suppress(Unreachable, ConnectionLost):
                    fresh = _open(server, self.options)
                    self.connection, self.server = fresh.connection, server
                    return
            if clock.now() >= deadline:
                raise lost
            clock.sleep(_PAUSE)

    def modify(
        self, name: str, changes: Mapping[str, list[tuple[str, list[bytes]]]], called: str | None = None
    ) -> None:
        """Modify one object. ``called`` is its name in messages.

        :raises LdapError: if the server refuses, with its ``result_code``.
        :raises ConnectionLost: if the connection is lost; whether the change was made is unknown.
        """
        if not changes:
            return
        self._write(f"modify {called or name}", self.connection.modify, name, dict(changes))

    def add(self, distinguished_name: str, object_class: str, attributes: Mapping[str, list[bytes]]) -> None:
        """Add one object.

        :raises LdapError: as :meth:`modify` does.
        """
        self._write(f"add {distinguished_name}", self.connection.add, distinguished_name, object_class, attributes)

    def delete(self, name: str, called: str | None = None) -> None:
        """Delete one object that has no objects below it. ``called`` is its name in messages.

        :raises LdapError: as :meth:`modify` does.
        """
        self._write(f"delete {called or name}", self.connection.delete, name)

    def _write(self, doing: str, operation: Callable[..., Any], *arguments: Any) -> None:
        try:
            with translated(self.server, doing):
                operation(*arguments)
                code = self.connection.result["result"]
        except ConnectionLost as error:
            raise ConnectionLost(f"{error.message} It is unknown whether this change was made.", error.cause) from None
        if code != SUCCESS:
            raise result_error(self.connection.result, self.server, doing)


@contextmanager
def connected(options: LdapOptions) -> Iterator[Session]:
    """Connect to the first server of ``options`` that answers, sign in, and close the connection at the end.

    A server that cannot be reached is skipped. If a server has a bad certificate or refuses the sign-in, no other
    server is tried: repeating a wrong password could lock the account.

    :raises Unreachable: if no server answers.
    :raises LdapError: if TLS or the sign-in fails.
    """
    session = _first_session(options)
    try:
        yield session
    finally:
        _close(session.connection)


def _first_session(options: LdapOptions) -> Session:
    reasons = []
    for server in options.servers:
        try:
            return _open(server, options)
        except Unreachable as error:
            reasons.append(error)
    if len(reasons) == 1:
        raise reasons[0]
    raise Unreachable(
        f"None of {len(reasons)} domain controllers answered: {' '.join(reason.message for reason in reasons)}",
        "unreachable",
    )


@contextmanager
def reached(server: str, options: LdapOptions) -> Iterator[Session]:
    """Connect to one server with TLS, and do not sign in. Everybody may read the rootDSE (facts §23).

    :raises Unreachable: if the server does not answer.
    :raises LdapError: if TLS fails.
    """
    connection = _bounded(_connect(server, options, {}))
    try:
        # A session that knows no server does not sign in again if the connection is lost.
        yield Session(connection, server, replace(options, servers=()))
    finally:
        _close(connection)


def _open(server: str, options: LdapOptions) -> Session:
    connection = _connect(server, options, options.auth.arguments())
    try:
        with translated(server, "sign in"):
            result = options.auth.bind(connection)
        if result["result"] != SUCCESS:
            raise bind_error(result, server, options.auth.username)
    except BaseException:
        _close(connection)
        raise
    return Session(_bounded(connection), server, options)


def _bounded(connection: Any) -> Any:
    """Bound the bytes of each answer from now on, and keep values raw."""
    connection.socket = MeteredSocket(connection.socket, MAX_LDAP_ANSWER)
    keep_raw_values(connection)
    return connection


def _connect(server: str, options: LdapOptions, arguments: Mapping[str, Any]) -> Any:
    """Return a connection with TLS that is not signed in. ``arguments``: those of the way to sign in."""
    import ldap3

    tls = recording_tls(options.context, server, options.connection_timeout)
    target = ldap3.Server(
        server,
        port=options.port,
        use_ssl=options.tls_mode == LDAPS,
        tls=tls,
        # No schema: a directory may lack attributes that we request, and omits them from its answer (facts §11).
        # tests/upstream/test_ldap3.py::test_a_schema_makes_an_unknown_attribute_an_error
        get_info=ldap3.NONE,
        connect_timeout=options.connection_timeout,
    )
    connection = ldap3.Connection(
        target,
        **arguments,
        auto_referrals=False,
        auto_escape=False,
        auto_encode=False,
        auto_range=False,
        check_names=False,
        return_empty_attributes=False,
        receive_timeout=options.read_timeout,
        raise_exceptions=False,
    )
    try:
        _reach(connection, tls, server, options)
    except BaseException:
        _close(connection)
        raise
    return connection


def _reach(connection: Any, tls: Any, server: str, options: LdapOptions) -> None:
    """Open the socket and start TLS."""
    from ldap3.core.exceptions import LDAPExceptionError, LDAPStartTLSError

    opened = False
    try:
        connection.open(read_server_info=False)
        opened = True
        if options.tls_mode == START_TLS:
            connection.start_tls(read_server_info=False)
    except (LDAPExceptionError, OSError, *_NONSENSE) as error:
        if isinstance(tls.failure, ssl.SSLError):
            raise tls_error(tls.failure, server, options.port) from None
        if isinstance(error, LDAPStartTLSError) and tls.failure is None:
            raise LdapError(
                f"{server}:{options.port} does not offer StartTLS. Install a certificate on the server, or use "
                "tls_mode ldaps.",
                "start_tls_refused",
            ) from None
        if tls.failure is not None or opened:
            raise Unreachable(
                f"{server}:{options.port} accepts connections but does not answer with TLS; check port and tls_mode.",
                "tls_failed",
            ) from None
        raise unreachable(error, server, options.port, options.connection_timeout) from None


@contextmanager
def translated(server: str, doing: str) -> Iterator[None]:
    """Turn ldap3's exceptions into LdapError, or ConnectionLost. The text of ldap3's exception is not shown."""
    from ldap3.core.exceptions import LDAPCommunicationError, LDAPExceptionError

    try:
        yield
    except (LDAPExceptionError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise ConnectionLost(
                f"{server} stopped answering (action: {doing}). Try again, or set server to another domain controller.",
                "timeout",
            ) from None
        if isinstance(error, (LDAPCommunicationError, OSError)):
            raise ConnectionLost(
                f"{server} closed the connection (action: {doing}). Check its log and try again, or set server to "
                "another domain controller.",
                "connection_lost",
            ) from None
        raise LdapError(
            f"{server} could not be used (action: {doing}, {type(error).__name__}). Check the options of this task.",
            "ldap_client",
        ) from None
    except LdapError:
        raise
    except Exception:  # noqa: BLE001 - ldap3's decoder may raise anything at bytes that are no LDAP message
        raise ConnectionLost(
            f"{server} sent an answer that is not LDAP (action: {doing}). Check server and port.",
            "not_ldap",
        ) from None


def _close(connection: Any) -> None:
    from ldap3.core.exceptions import LDAPException

    with suppress(LDAPException, OSError, AttributeError):
        connection.unbind()
