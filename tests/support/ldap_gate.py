# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gate before a directory: it lets a counted number of writes through, and holds the next one.

A client connects to the gate as to the directory, over LDAPS. So a test kills it at a counted write, whatever the speed
of the machine.
"""

from __future__ import annotations

import contextlib
import math
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from support.polling import wait_until

# The tags of RFC 4511 for requests that modify, add and delete, and for the answers to them.
_WRITES = {0x66, 0x68, 0x4A}
_ANSWERS = {0x67, 0x69, 0x6B}


class LdapGate:
    """Stands before the directory that ``ldap`` describes; shows the certificate of the folder ``tls``.

    ``holding`` says how many writes are held, ``answered`` how many the directory has answered since ``let_through``.
    """

    def __init__(self, ldap: dict[str, Any], tls: Path) -> None:
        self._directory = (ldap["server"], ldap["port"])
        self._trust = ssl.create_default_context(cafile=ldap["ca_cert"])
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(tls / "server.pem", tls / "server.key")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._links: list[_Link] = []
        self.let_through(math.inf)

    def __enter__(self) -> LdapGate:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing alone does not wake the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._end_links()

    def let_through(self, writes: float, then_carry_out: bool = False) -> None:
        """Hold all writes after so many. ``then_carry_out``: hand the first of them on, and hold its answer."""
        with self._lock:
            self._left, self._carries_out = writes, then_carry_out
            self.holding = self.answered = 0

    def forget(self) -> None:
        """After the client was killed: return once the directory has done what reached it, and let all through."""
        wait_until(lambda: all(link.client_is_gone and not link.pending for link in self._links), "the writes are done")
        self._end_links()
        self.let_through(math.inf)

    def take(self, link: _Link) -> bool:
        """Whether a write of the client may pass."""
        with self._lock:
            if self._left > 0:
                self._left -= 1
            elif self._carries_out:
                self._carries_out = False
                link.holds_answer = True
            else:
                self.holding += 1
                return False
            link.pending += 1
            return True

    def give(self, link: _Link) -> bool:
        """Whether the directory's answer to a write may pass."""
        with self._lock:
            self.answered += 1
            self.holding += link.holds_answer
            link.pending -= 1
            return not link.holds_answer

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client = self._context.wrap_socket(plain, server_side=True)
            server = self._trust.wrap_socket(socket.create_connection(self._directory), server_hostname="localhost")
            for side in (client, server):
                # What arrives as one packet may leave as several messages; none shall wait for an acknowledgement.
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = _Link(self, client, server)
            self._links.append(link)
            threading.Thread(target=link.pass_answers, daemon=True).start()
            link.pass_requests()

    def _end_links(self) -> None:
        ended, self._links = self._links, []
        for link in ended:
            link.end()


class _Link:
    """One connection of a client, and the gate's own to the directory."""

    def __init__(self, gate: LdapGate, client: ssl.SSLSocket, server: ssl.SSLSocket) -> None:
        self._gate, self._client, self._server = gate, client, server
        self.pending = 0
        self.holds_answer = False
        self.client_is_gone = False

    def pass_requests(self) -> None:
        with contextlib.suppress(OSError):
            for message, operation in _messages(self._client):
                if operation not in _WRITES or self._gate.take(self):
                    self._server.sendall(message)
        self.client_is_gone = True

    def pass_answers(self) -> None:
        with contextlib.suppress(OSError):
            for message, operation in _messages(self._server):
                if operation not in _ANSWERS or self._gate.give(self):
                    self._client.sendall(message)
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        for connection in (self._client, self._server):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _messages(source: socket.socket) -> Iterator[tuple[bytes, int]]:
    """The LDAP messages of a connection, each with the tag of its operation."""
    buffer = b""
    while received := source.recv(65536):
        buffer += received
        while (size := _size(buffer)) is not None and len(buffer) >= size:
            message, buffer = buffer[:size], buffer[size:]
            yield message, _operation(message)


def _size(buffer: bytes) -> int | None:
    """How long the message at the start is, or None if not enough of it is there to tell."""
    if len(buffer) < 2:
        return None
    if buffer[1] < 0x80:
        return 2 + buffer[1]
    octets = buffer[1] & 0x7F
    return 2 + octets + int.from_bytes(buffer[2 : 2 + octets]) if len(buffer) >= 2 + octets else None


def _operation(message: bytes) -> int:
    """The tag after the message's own header and its id."""
    start = 2 if message[1] < 0x80 else 2 + (message[1] & 0x7F)
    return message[start + 2 + message[start + 1]]
