# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways to sign in, a file each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.clouds import Endpoints
from ansible_collections.hybrid.identity.plugins.module_utils._graph.credential.base import SignIn
from ansible_collections.hybrid.identity.plugins.module_utils._graph.credential.cli import Cli
from ansible_collections.hybrid.identity.plugins.module_utils._graph.credential.client_certificate import (
    ClientCertificate,
)
from ansible_collections.hybrid.identity.plugins.module_utils._graph.credential.client_secret import ClientSecret
from ansible_collections.hybrid.identity.plugins.module_utils._graph.credential.msi import Msi
from ansible_collections.hybrid.identity.plugins.module_utils._graph.credential.oidc import Oidc
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError

_WAYS: dict[str, type[SignIn]] = {
    "client_secret": ClientSecret,
    "client_certificate": ClientCertificate,
    "oidc": Oidc,
    "cli": Cli,
    "msi": Msi,
}

_AUTO = (
    ("secret", ClientSecret),
    ("x509_certificate_path", ClientCertificate),
    ("oidc_token", Oidc),
    ("oidc_token_file_path", Oidc),
)


def sign_in(options: Mapping[str, Any], endpoints: Endpoints) -> SignIn:
    """The validated way to sign in that ``auth_source`` names, or that the options given point to.

    :raises InputError: if options are missing, or nothing says how to sign in. Nothing is asked of the network.
    """
    way = _WAYS.get(options["auth_source"]) or next((way for option, way in _AUTO if options.get(option)), None)
    if way is None:
        raise InputError(
            "Nothing says how to sign in; set secret, x509_certificate_path or oidc_token together with tenant and "
            "client_id, or auth_source to cli or msi."
        )
    chosen = way(options, endpoints)
    chosen.validate()
    return chosen
