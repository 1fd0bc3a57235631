# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints of sign-in and Graph in each national cloud (facts §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..._identity.core.errors import InputError


@dataclass(frozen=True)
class Endpoints:
    """Base URLs without a trailing slash: sign-in, and Graph without a version."""

    authority: str
    graph_url: str

    @property
    def scope(self) -> str:
        """The scope of access tokens. It contains the Graph endpoint, because a token is valid in one cloud only."""
        return f"{self.graph_url}/.default"

    @property
    def base_url(self) -> str:
        return f"{self.graph_url}/v1.0"


CLOUDS = {
    "AzureCloud": Endpoints("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "AzureUSGovernment": Endpoints("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "AzureUSGovernmentDoD": Endpoints("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "AzureChinaCloud": Endpoints("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
}


def endpoints(options: Mapping[str, Any]) -> Endpoints:
    """Return the endpoints of ``cloud_environment``; ``authority`` and ``graph_url``, if set, replace them.

    :raises InputError: if one of them is not an https URL; a token or a secret must never be sent in clear text.
    """
    cloud = CLOUDS[options["cloud_environment"]]
    return Endpoints(
        _https("authority", options.get("authority") or cloud.authority),
        _https("graph_url", options.get("graph_url") or cloud.graph_url),
    )


def _https(option: str, url: str) -> str:
    # azure-identity and azure.azcollection accept an authority without its scheme, so this does as well.
    text = url.strip()
    if "://" not in text:
        text = f"https://{text}"
    text = text.rstrip("/")
    try:
        parts = urlsplit(text)
        usable = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username is not None:
        raise InputError(f"{option} {url!r} is not valid; it must be an https URL such as https://graph.microsoft.com.")
    if option == "graph_url" and parts.path.rsplit("/", 1)[-1] in ("v1.0", "beta"):
        raise InputError(
            f"graph_url {url!r} contains a version; remove the version, as in https://graph.microsoft.com."
        )
    return text
