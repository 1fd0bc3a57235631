# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ldap3 does that plugins/module_utils/_ldap works around."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import ldap3
import pytest
import trustme
from ldap3.core.exceptions import LDAPAttributeError, LDAPCommunicationError, LDAPException
from ldap3.operation.search import parse_filter
from needed import gone, still_raises

NEXT_RELEASE = "UPSTREAM_LDAP3_NEXT"
"""Names the folder into which the session has installed the newest ldap3, pre-releases included."""


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server for one connection on loopback; its port."""

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.settimeout(60)
            try:
                talk(connection)
            except OSError:
                return  # a client that does not trust us hangs up

    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(60)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def server_context() -> ssl.SSLContext:
    """The context of a server whose authority nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_a_failed_handshake_has_no_openssl_code(server_context: ssl.SSLContext) -> None:
    def talk(connection: socket.socket) -> None:
        server_context.wrap_socket(connection, server_side=True)

    with listening(talk) as port:
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED)
        server = ldap3.Server("127.0.0.1", port=port, use_ssl=True, tls=tls, get_info=ldap3.NONE)
        with pytest.raises(LDAPException) as raised:
            ldap3.Connection(server).open(read_server_info=False)
    codes = [code for error in causes(raised.value) if (code := getattr(error, "verify_code", None))]
    assert not codes, gone(
        f"ldap3 hands on OpenSSL's verify_code now ({codes}).",
        "_ldap/session/tls.py (RecordingTls.failure) and _ldap/session/connection.py (_reach)",
    )


def test_a_name_without_an_address_is_no_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_arguments: Any, **_keywords: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(LDAPException) as raised:
        ldap3.Connection(ldap3.Server("dc1.ad.contoso.com", get_info=ldap3.NONE)).open(read_server_info=False)
    known = [error for error in causes(raised.value) if isinstance(error, socket.gaierror)]
    assert not known, gone("ldap3 hands on the error of DNS now.", "_ldap/session/unreachable.py (_unknown_name)")


def test_the_server_is_not_told_which_name_is_wanted(server_context: ssl.SSLContext) -> None:
    names: list[str | None] = []
    server_context.sni_callback = lambda _socket, name, _context: names.append(name)

    def talk(connection: socket.socket) -> None:
        server_context.wrap_socket(connection, server_side=True)

    with listening(talk) as port:
        server = ldap3.Server("localhost", port=port, use_ssl=True, tls=ldap3.Tls(), get_info=ldap3.NONE)
        ldap3.Connection(server).open(read_server_info=False)
    assert names == [None], gone(
        "ldap3 tells a server which name is wanted (SNI) by itself now.",
        "_ldap/session/tls.py (RecordingTls.wrap_socket)",
    )


def test_a_handshake_may_take_as_long_as_a_search() -> None:
    patience: list[float | None] = []

    class WatchedTls(ldap3.Tls):  # type: ignore[misc, unused-ignore]
        def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
            patience.append(connection.socket.gettimeout())
            raise OSError("seen enough")

    with listening(lambda connection: None) as port:
        server = ldap3.Server(
            "127.0.0.1", port=port, use_ssl=True, tls=WatchedTls(), get_info=ldap3.NONE, connect_timeout=5
        )
        with pytest.raises(LDAPException):
            ldap3.Connection(server, receive_timeout=150).open(read_server_info=False)
    assert patience == [150], gone(
        f"ldap3 gives a handshake {patience} s, where connect_timeout is 5 and receive_timeout 150.",
        "_ldap/session/tls.py (the two settimeout calls)",
    )


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"\x30\x14hello, who is there?", id="text in a sequence"),
        pytest.param(b"\x30\x05\x02\x01\x01\x61\x00", id="an empty bind response"),
    ],
)
def test_nonsense_ends_in_an_exception_of_the_decoder(answer: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        connection.recv(65536)

    with listening(talk) as port:
        server = ldap3.Server("127.0.0.1", port=port, get_info=ldap3.NONE)
        connection = ldap3.Connection(server, user="cn=svc", password="secret", receive_timeout=60)
        try:
            with still_raises(
                IndexError,
                KeyError,
                TypeError,
                ValueError,
                news="ldap3 has its own answer to bytes that are no LDAP message now.",
                where="_ldap/session/connection.py (_NONSENSE)",
            ):
                connection.bind(read_server_info=False)
        finally:
            connection.unbind()


def test_each_value_is_decoded_as_text_too() -> None:
    connection = ldap3.Connection(ldap3.Server("127.0.0.1", get_info=ldap3.NONE), check_names=False)
    value = [(0, False, 4, b"\x00\x01")]
    attribute = (0, True, 16, [(0, False, 4, b"objectGUID"), (0, True, 17, value)])
    message: dict[str, Any] = {
        "controls": None,
        "protocolOp": 4,
        "payload": [(0, False, 4, b"CN=a"), (0, True, 16, [attribute])],
    }
    entry = connection.strategy.decode_response_fast(message)
    assert entry["raw_attributes"] == {"objectGUID": [b"\x00\x01"]}
    assert "attributes" in entry, gone("ldap3 returns only raw values now.", "_ldap/session/raw_entries.py")


def test_a_schema_makes_an_unknown_attribute_an_error() -> None:
    server = ldap3.Server("mock", get_info=ldap3.OFFLINE_AD_2012_R2)
    connection = ldap3.Connection(server, client_strategy=ldap3.MOCK_SYNC)
    connection.bind()
    with still_raises(
        LDAPAttributeError,
        news="ldap3 with a schema asks for attributes that the schema lacks now.",
        where="_ldap/session/connection.py (get_info=ldap3.NONE)",
    ):
        connection.search("DC=x", "(objectClass=user)", attributes=["msDS-ExternalDirectoryObjectId"])


def test_a_bracket_too_many_crashes_the_parser() -> None:
    with still_raises(
        AttributeError,
        news="ldap3 refuses a filter that closes a bracket too many in order now.",
        where="_ldap/session/filters.py (_one_bracket)",
    ):
        parse_filter("(&(a=b))(c=d))(|(e=f)", None, False, False, None, False)


@pytest.mark.parametrize("text", [r"(cn=\zz)", "(cn=x\\)", "(=x)", "(two words=x)", "(1=x)"])
def test_the_parser_takes_what_is_no_filter(text: str) -> None:
    try:
        parse_filter(text, None, False, False, None, False)
    except LDAPException as error:
        pytest.fail(gone(f"ldap3 refuses {text} now: {error}.", "_ldap/session/filters.py (_ASSERTION, _BAD_ESCAPE)"))


_SENT = """
import json
import ldap3
from ldap3.operation.search import search_operation
from ldap3.utils.asn1 import encode
from ldap3.utils.conv import escape_filter_chars

filter_text = f"(cn={escape_filter_chars('a(b')})"
request = encode(search_operation("", filter_text, "SUBTREE", "NEVER", ["cn"], 0, 0, False, False, False))
print(json.dumps([ldap3.__version__, b"a(b" in request, rb"a\\28b" in request]))
"""


def test_the_next_release_sends_escapes_as_text() -> None:
    folder = os.environ.get(NEXT_RELEASE, "nowhere")
    assert Path(folder, "ldap3").is_dir(), f"Run this by `make upstream`, which sets {NEXT_RELEASE}."
    process = subprocess.run(
        [sys.executable, "-c", _SENT],
        env={**os.environ, "PYTHONPATH": folder},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    version, as_value, as_text = json.loads(process.stdout)
    assert as_value != as_text
    assert as_text, gone(
        f"ldap3 {version} sends the value that an escape stands for.",
        "requirements.txt and _module/deps.py (ldap3 < 2.10)",
    )


def test_kerberos_refuses_a_server_without_a_security_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """gssapi needs Kerberos' headers to be built, so it is played here; the exchange is ldap3's own."""

    class Context:
        complete = True

        def __init__(self, **_arguments: Any) -> None:
            return

        def step(self, _token: bytes | None) -> bytes:
            return b"from the client"

        def unwrap(self, _token: bytes) -> Any:
            return SimpleNamespace(message=b"\x01\x00\x00\x00")

        def wrap(self, message: bytes, _encrypt: bool) -> Any:
            return SimpleNamespace(message=message)

    class GSSError(Exception):
        pass

    gssapi, raw = ModuleType("gssapi"), ModuleType("gssapi.raw")
    raw.ChannelBindings = SimpleNamespace  # type: ignore[attr-defined]
    gssapi.__dict__.update(
        raw=raw,
        exceptions=SimpleNamespace(GSSError=GSSError, MissingContextError=GSSError),
        Name=lambda *_arguments: "name",
        NameType=SimpleNamespace(hostbased_service="service"),
        MechType=SimpleNamespace(kerberos="kerberos"),
        SecurityContext=Context,
    )
    monkeypatch.setitem(sys.modules, "gssapi", gssapi)
    monkeypatch.setitem(sys.modules, "gssapi.raw", raw)
    monkeypatch.delitem(sys.modules, "ldap3.protocol.sasl.kerberos", raising=False)
    from ldap3.protocol.sasl import kerberos

    sent: list[bytes] = []

    def send(_connection: Any, _controls: Any, token: bytes) -> dict[str, Any]:
        sent.append(token)
        return {"result": 14, "saslCreds": b"from the server"}

    monkeypatch.setattr(kerberos, "send_sasl_negotiation", send)
    monkeypatch.setattr(kerberos, "abort_sasl_negotiation", lambda *_arguments: None)
    connection = SimpleNamespace(server=SimpleNamespace(host="dc1"), socket=None, sasl_credentials=None, user=None)
    with still_raises(
        LDAPCommunicationError,
        news=f"ldap3 comes to the end of a Kerberos sign-in inside TLS now ({len(sent)} tokens).",
        where="_ldap/session/auth/kerberos.py (_negotiate)",
    ):
        kerberos.sasl_gssapi(connection, None)
    assert sent == [b"from the client"]
