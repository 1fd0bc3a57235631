# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxy variables that the HTTP libraries cannot use end in one sentence that names the variable and the entry."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_graph import ScriptedGraph

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.proxies import check_proxies
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError

FORMS = "Use host names, domains such as .contoso.com, and addresses. Write IPv6 addresses without brackets and"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "https_proxy", "no_proxy")
HOSTS = ["localhost", ".contoso.com", "*", "[::1]", "fe80::/10", "::1", "10.0.0.0/8", "10.0.0.1:80", "http://x", "x:y"]
URLS = ["http://u:p@proxy:80", "proxy", "socks5://proxy", "ftp://proxy", "http://proxy:abc", "http://[::1", "://"]
TEXT = st.text(st.characters(blacklist_characters="\0", codec="utf-8"), max_size=12)
VALUE = st.lists(st.one_of(st.sampled_from([*HOSTS, *URLS]), TEXT), max_size=3).map(",".join)


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("entry", ["[::1]", "fe80::/10", "[::1]:443", "contoso.com:https"])
def test_an_entry_of_no_proxy(variable: str, entry: str) -> None:
    with pytest.raises(InputError) as caught:
        check_proxies({variable: f"localhost, {entry} ,.contoso.com"})
    assert caught.value.message.startswith(f"{variable} contains '{entry}', which is not valid. {FORMS}")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("ftp://proxy:21", "ftp://proxy:21"),
        ("http://user:pa@55@proxy:port", "http://proxy:port"),
        ("user:pa55@proxy:port", "http://proxy:port"),
        ("socks4://proxy", "socks4://proxy"),
    ],
)
def test_what_is_no_proxy(value: str, shown: str) -> None:
    with pytest.raises(InputError) as caught:
        check_proxies({"HTTPS_PROXY": value})
    assert caught.value.message == (
        f"HTTPS_PROXY contains '{shown}', which is not a proxy; write it as http://proxy.contoso.com:8080."
    )


@pytest.mark.parametrize("missing", ["socksio", "socks"])
def test_a_socks_proxy_needs_libraries(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else "there")
    with pytest.raises(InputError) as caught:
        check_proxies({"ALL_PROXY": "socks5://user:pa55@proxy:1080"})
    assert caught.value.message == (
        "ALL_PROXY contains the SOCKS proxy socks5://proxy:1080, and the libraries for it are missing. Install "
        "httpx[socks] and requests[socks], or use an HTTP proxy."
    )


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NO_PROXY": "localhost, ::1, 10.0.0.0/8, .contoso.com, 127.0.0.1:443, https://login.contoso.com,"},
        {"NO_PROXY": "*", "ALL_PROXY": "ftp://proxy"},
        {"NO_PROXY": "[::1]", "no_proxy": "localhost"},
        {"HTTPS_PROXY": "proxy.contoso.com:8080", "http_proxy": "http://user:pa55@proxy", "ALL_PROXY": ""},
    ],
)
def test_what_can_be_used(environment: dict[str, str]) -> None:
    check_proxies(environment)


def test_a_socks_proxy_with_its_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    check_proxies({"ALL_PROXY": "socks5://proxy:1080"})


@given(st.dictionaries(st.sampled_from(VARIABLES), VALUE, max_size=3))
def test_what_passes_is_no_exception_of_httpx(variables: dict[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            patch.delenv(name, raising=False)
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            check_proxies(os.environ)
        except InputError:
            return
        httpx.Client(verify=False)  # noqa: S501 - it connects to nobody


@pytest.mark.parametrize(
    ("variable", "value"), [("NO_PROXY", "[::1]"), ("NO_PROXY", "fe80::/10"), ("ALL_PROXY", "socks5://localhost:1")]
)
def test_a_module_asks_nobody_then(
    graph: ScriptedGraph, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=f"^{variable} contains "):
        run(options, Task([{"id": "00000000-0000-4000-8000-000000000001"}], clear=True, check_mode=True))
    assert graph.sign_ins == []
