# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy variables of the environment, which the HTTP libraries read by themselves."""

from __future__ import annotations

import importlib.util
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..._identity.core.errors import InputError

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_SOCKS = ("socksio", "socks")
"""What httpx and requests need for a SOCKS proxy."""


def check_proxies(environment: Mapping[str, str]) -> None:
    """Check that the libraries can use the proxy variables; otherwise they end in exceptions of their own.

    tests/upstream/test_graph_sdk.py::test_an_entry_of_no_proxy_is_an_exception

    :raises InputError: if one holds an entry that they cannot use; it names the variable and the entry.
    """
    # The lower-case spelling wins, and comes last.
    given = {name.lower(): (name, value) for name, value in sorted(environment.items())}
    variable, hosts = given.get("no_proxy", ("", ""))
    entries = [entry for each in hosts.split(",") if (entry := each.strip())]
    if "*" in entries:
        return
    for name, value in (given[each] for each in _PROXIES if each in given):
        if value:
            _check_proxy(name, value if "://" in value else f"http://{value}")
    for entry in entries:
        if not _is_read(_url, entry):
            raise InputError(
                f"{variable} contains {entry!r}, which is not valid. Use host names, domains such as .contoso.com, and "
                "addresses. Write IPv6 addresses without brackets and without a range."
            )


def _check_proxy(name: str, url: str) -> None:
    import httpx

    # A password must not be shown.
    shown = re.sub(r"//.*@", "//", url)
    if not _is_read(httpx.Proxy, url):
        raise InputError(f"{name} contains {shown!r}, which is not a proxy; write it as http://proxy.contoso.com:8080.")
    if url.lower().startswith("socks") and not all(map(importlib.util.find_spec, _SOCKS)):
        raise InputError(
            f"{name} contains the SOCKS proxy {shown}, and the libraries for it are missing. Install httpx[socks] and "
            "requests[socks], or use an HTTP proxy."
        )


def _is_read(read: Callable[[str], Any], text: str) -> bool:
    import httpx

    try:
        read(text)
    except (httpx.InvalidURL, ValueError):
        return False
    return True


def _url(entry: str) -> Any:
    """Return an entry of NO_PROXY as httpx makes a URL of it."""
    import httpx

    if "://" in entry:
        return httpx.URL(entry)
    try:
        version = ipaddress.ip_address(entry.partition("/")[0]).version
    except ValueError:
        return httpx.URL(f"all://*{entry}")
    return httpx.URL(f"all://[{entry}]" if version == 6 else f"all://{entry}")
