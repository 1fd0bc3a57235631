# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domain controllers that cannot be reached: an unknown name, a closed port, no answer, each with a sentence."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.errors import Unreachable
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.options import LdapOptions

Options = Callable[..., dict[str, Any]]


def failure(params: dict[str, Any]) -> Unreachable:
    with pytest.raises(Unreachable) as caught, connected(LdapOptions.from_params(params, writes=False)):
        pass
    return caught.value


def answer_of_dns(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Let each question for the address of a name, but not for a number, fail with a code of getaddrinfo."""
    resolve = socket.getaddrinfo

    def resolved(host: str, *arguments: Any, **keywords: Any) -> Any:
        if host[0].isalpha():
            raise socket.gaierror(code, "said by DNS")
        return resolve(host, *arguments, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def test_none_reached_names_each(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_of_dns(monkeypatch, socket.EAI_NONAME)
    error = failure(options(server=["127.0.0.1", "no-such-host.invalid"], port=9))
    assert error.message.startswith(
        "None of 2 domain controllers answered: 127.0.0.1 refuses connections to port 9. Check port and tls_mode"
    )
    assert "DNS does not know no-such-host.invalid. Check the name in server" in error.message


@pytest.mark.parametrize(
    ("code", "cause", "words"),
    [
        (socket.EAI_NONAME, "unknown_host", "DNS does not know dc1.ad.contoso.com. Check the name in server"),
        (socket.EAI_AGAIN, "dns_failed", "No DNS server answered the query for dc1.ad.contoso.com; check this mac"),
    ],
)
def test_a_name_without_an_address(
    options: Options, monkeypatch: pytest.MonkeyPatch, code: int, cause: str, words: str
) -> None:
    answer_of_dns(monkeypatch, code)
    error = failure(options(server=["dc1.ad.contoso.com"]))
    assert (error.cause, error.message[: len(words)]) == (cause, words)


def test_a_closed_port(options: Options) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        port = taken.getsockname()[1]
        error = failure(options(server=["127.0.0.1"], port=port))
    assert error.cause == "connection_refused"
    assert error.message.startswith(f"127.0.0.1 refuses connections to port {port}. Check port and tls_mode")


@pytest.mark.parametrize("addresses", [1, 2])
def test_no_answer_in_time(options: Options, monkeypatch: pytest.MonkeyPatch, addresses: int) -> None:
    """With several addresses, ldap3 puts the reasons into a list."""

    def connect(_socket: socket.socket, _address: Any) -> None:
        raise TimeoutError("timed out")

    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **named: resolve(*given, **named)[:1] * addresses)
    monkeypatch.setattr(socket.socket, "connect", connect)
    error = failure(options(server=["127.0.0.1"]))
    assert error.cause == "connection_timeout"
    assert error.message.startswith("127.0.0.1:636 did not answer within 60 s; check the address, the firewalls")


def test_a_network_without_a_way_there(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(_socket: socket.socket, _address: Any) -> None:
        raise OSError(errno.EHOSTUNREACH, "No route to host")

    monkeypatch.setattr(socket.socket, "connect", connect)
    error = failure(options(server=["127.0.0.1"]))
    assert error.cause == "unreachable"
    assert error.message.startswith("127.0.0.1:636 cannot be reached. Check the network")
