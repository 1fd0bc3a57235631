# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An LDAP server that follows a script: what it expects, byte by byte, and what it answers. It speaks BER by itself.

Anything that the script does not expect makes ``Wire.verify()`` fail, and so does what was not asked.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

START_TLS = b"1.3.6.1.4.1.1466.20037"
PAGED = b"1.2.840.113556.1.4.319"
SD_FLAGS = b"1.2.840.113556.1.4.801"
BASE, ONE, SUB = 0, 1, 2
ADD, DELETE, REPLACE = 0, 1, 2


# --- BER (X.690), as far as LDAP uses it


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def octets(value: bytes | str) -> bytes:
    return tlv(0x04, value.encode() if isinstance(value, str) else value)


def integer(value: int, tag: int = 0x02) -> bytes:
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a constructed value: tag and content."""
    while data:
        tag, content, data = take(data)
        yield tag, content


def take(data: bytes) -> tuple[int, bytes, bytes]:
    """The first element, and what follows it. Raises IndexError where it is not all there."""
    tag, size, start = data[0], data[1], 2
    if size & 0x80:
        start += size & 0x7F
        if len(data) < start:
            raise IndexError
        size = int.from_bytes(data[2:start], "big")
    if len(data) < start + size:
        raise IndexError
    return tag, data[start : start + size], data[start + size :]


# --- Requests


@dataclass(frozen=True)
class Bind:
    name: bytes
    password: bytes


@dataclass(frozen=True)
class Extended:
    oid: bytes


@dataclass(frozen=True)
class Search:
    """``filter`` is nested tuples, such as ``("or", ("equal", b"mail", b"a@b"), ...)``; ``page`` size and cookie.

    ``parts``: the flags that say which parts of a security descriptor are wanted.
    """

    base: bytes
    scope: int
    filter: Any
    attributes: tuple[bytes, ...]
    page: tuple[int, bytes] | None = None
    parts: int | None = None


@dataclass(frozen=True)
class Modify:
    name: bytes
    changes: tuple[tuple[int, bytes, tuple[bytes, ...]], ...]


@dataclass(frozen=True)
class Add:
    """``attributes`` in the order of the wire."""

    name: bytes
    attributes: tuple[tuple[bytes, tuple[bytes, ...]], ...]


@dataclass(frozen=True)
class Delete:
    name: bytes


Request = Bind | Extended | Search | Modify | Add | Delete

_FILTERS = {0xA0: "and", 0xA1: "or", 0xA2: "not", 0xA3: "equal", 0xA5: "at_least", 0xA6: "at_most", 0xA8: "approx"}
_PARTS = {0x80: "initial", 0x81: "any", 0x82: "final"}


def read_filter(tag: int, content: bytes) -> Any:
    if tag == 0x87:
        return ("present", content)
    if tag == 0xA4:
        (_tag, attribute), (_tag, parts) = split(content)
        return ("substrings", attribute, *((_PARTS[part], value) for part, value in split(parts)))
    if tag == 0xA9:
        given = dict(split(content))
        return ("extensible", given.get(0x81), given.get(0x82), given[0x83])
    if tag in (0xA0, 0xA1, 0xA2):
        return (_FILTERS[tag], *(read_filter(*part) for part in split(content)))
    (_tag, attribute), (_tag, value) = split(content)
    return (_FILTERS[tag], attribute, value)


def read_request(tag: int, content: bytes, controls: bytes) -> Request | None:
    """The request of a protocolOp; None for unbind."""
    if tag == 0x42:
        return None
    if tag == 0x4A:
        return Delete(content)
    parts = [content for _tag, content in split(content)]
    if tag == 0x60:
        return Bind(parts[1], parts[2])
    if tag == 0x77:
        return Extended(parts[0])
    if tag == 0x66:
        changes = []
        for _tag, change in split(parts[1]):
            (_tag, operation), (_tag, item) = split(change)
            (_tag, attribute), (_tag, values) = split(item)
            changes.append((operation[0], attribute, tuple(value for _tag, value in split(values))))
        return Modify(parts[0], tuple(changes))
    if tag == 0x68:
        given = []
        for _tag, item in split(parts[1]):
            (_tag, attribute), (_tag, values) = split(item)
            given.append((attribute, tuple(value for _tag, value in split(values))))
        return Add(parts[0], tuple(given))
    if tag == 0x63:
        page, parts_wanted = None, None
        for _tag, control in split(controls):
            items = [value for _tag, value in split(control)]
            assert items[0] in (PAGED, SD_FLAGS), items
            _tag, value, _rest = take(items[-1])
            if items[0] == SD_FLAGS:
                ((_tag, flags),) = split(value)
                parts_wanted = int.from_bytes(flags, "big")
                continue
            (_tag, size), (_tag, cookie) = split(value)
            page = (int.from_bytes(size, "big"), cookie)
        elements = list(split(content))
        filter_ = read_filter(*elements[6])
        names = tuple(name for _tag, name in split(parts[7]))
        return Search(parts[0], parts[1][0], filter_, names, page, parts_wanted)
    raise AssertionError(f"operation {tag:#x}")


# --- Answers


@dataclass(frozen=True)
class Entry:
    name: str
    values: Mapping[str, Sequence[bytes | str]]

    def encode(self) -> bytes:
        items = (
            tlv(0x30, octets(name) + tlv(0x31, b"".join(map(octets, values)))) for name, values in self.values.items()
        )
        return tlv(0x64, octets(self.name) + tlv(0x30, b"".join(items)))


@dataclass(frozen=True)
class Reference:
    """A searchResultReference to another server."""

    url: str

    def encode(self) -> bytes:
        return tlv(0x73, octets(self.url))


@dataclass(frozen=True)
class Done:
    """The result of an operation. ``cookie`` asks for another page."""

    code: int = 0
    message: str = ""
    referral: str | None = None
    cookie: bytes | None = None

    def encode(self, tag: int) -> bytes:
        refer = tlv(0xA3, octets(self.referral)) if self.referral else b""
        return tlv(tag, integer(self.code, 0x0A) + octets("") + octets(self.message) + refer)

    def controls(self) -> bytes:
        if self.cookie is None:
            return b""
        value = tlv(0x30, integer(0) + octets(self.cookie))
        return tlv(0xA0, tlv(0x30, octets(PAGED) + octets(value)))


CLOSE, SILENCE, UPGRADE, GARBAGE = "close", "silence", "upgrade", "garbage"
DIE = "die"
"""Close this connection, and take no other."""
Answer = Entry | Reference | Done | str

_RESPONSES: dict[type, int] = {Bind: 0x61, Search: 0x65, Modify: 0x67, Add: 0x69, Delete: 0x6B, Extended: 0x78}


@dataclass(frozen=True)
class Turn:
    """A request as it must come (or just its type), and the answers."""

    expected: Request | type
    answers: Sequence[Answer] = (Done(),)

    def fits(self, request: Request) -> bool:
        return isinstance(request, self.expected) if isinstance(self.expected, type) else request == self.expected


@dataclass
class Wire:
    """The server. ``context`` is for LDAPS, or with ``plain_first`` for StartTLS."""

    script: list[Turn]
    context: ssl.SSLContext
    plain_first: bool = False
    address: str = "127.0.0.1"
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._stopped = threading.Event()
        self._left = list(self.script)
        self._listener = socket.create_server((self.address, self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        # Closing alone does not wake the thread that accepts.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(300)

    def verify(self) -> None:
        """Fail where anything else came than the script says, or less."""
        assert not self.problems, "\n".join(self.problems)
        assert not self._left, f"not asked: {self._left}"

    def _serve(self) -> None:
        # The listener is closed to end this.
        with contextlib.suppress(OSError):
            while not self._stopped.is_set():
                connection, _address = self._listener.accept()
                self.connections += 1
                connection.settimeout(300)
                # An answer is several messages: without this, each waits until the client has acknowledged the last.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    self._talk(connection)
                except OSError:  # a client that does not trust us hangs up
                    pass
                except (IndexError, ValueError, AssertionError) as error:
                    self.problems.append(f"not LDAP: {error!r}")
                connection.close()

    def _talk(self, connection: socket.socket) -> None:
        if not self.plain_first:
            connection = self.context.wrap_socket(connection, server_side=True)
        buffer = b""
        with connection:
            while not self._stopped.is_set():
                try:
                    _tag, message, buffer = take(buffer)
                except IndexError:
                    received = connection.recv(65536)
                    if not received:
                        return
                    buffer += received
                    continue
                elements = list(split(message))
                number, (tag, content) = elements[0][1], elements[1]
                controls = elements[2][1] if len(elements) > 2 else b""
                request = read_request(tag, content, controls)
                if request is None:
                    return
                turn = self._turn(request)
                for answer in turn.answers if turn else (CLOSE,):
                    if answer == CLOSE:
                        return
                    if answer == DIE:
                        self._listener.close()
                        self._stopped.set()
                        return
                    if answer == SILENCE:
                        self._listener.close()  # whoever comes again is refused, and need not wait
                        self._stopped.wait()
                        return
                    if answer == UPGRADE:
                        connection = self.context.wrap_socket(connection, server_side=True)
                        continue
                    if answer == GARBAGE:
                        connection.sendall(tlv(0x30, b"hello, who is there?"))
                        continue
                    assert not isinstance(answer, str)
                    if isinstance(answer, Done):
                        body = answer.encode(_RESPONSES[type(request)]) + answer.controls()
                    else:
                        body = answer.encode()
                    connection.sendall(tlv(0x30, tlv(0x02, number) + body))

    def _turn(self, request: Request) -> Turn | None:
        self.requests.append(request)
        if not self._left:
            self.problems.append(f"not expected any more: {request}")
            return None
        turn = self._left.pop(0)
        if not turn.fits(request):
            self.problems.append(f"expected {turn.expected}\n     got {request}")
            return None
        return turn


@contextlib.contextmanager
def pair(first: Wire, second: Wire) -> Iterator[None]:
    """Run two servers at one port of two addresses, as two domain controllers have it."""
    second.address = "127.0.0.2"
    with contextlib.ExitStack() as stack:
        for _attempt in range(20):
            first.port = 0
            stack.enter_context(first)
            second.port = first.port
            try:
                stack.enter_context(second)
                break
            except OSError:  # somebody has that port at the other address
                stack.close()
        yield
