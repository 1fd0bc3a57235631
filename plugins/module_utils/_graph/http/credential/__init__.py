# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways to sign in to Graph, one file each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...._identity.core.errors import InputError
from ..clouds import Endpoints
from .base import SignIn
from .cli import Cli
from .client_certificate import ClientCertificate
from .client_secret import ClientSecret
from .msi import Msi
from .oidc import Oidc

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
    """Return the validated way to sign in that ``auth_source`` names, or else the one whose options are set.

    :raises InputError: if options are missing or none says how to sign in. The network is not used.
    """
    way = _WAYS.get(options["auth_source"]) or next((way for option, way in _AUTO if options.get(option)), None)
    if way is None:
        raise InputError(
            "No sign-in method is set. Set secret, x509_certificate_path or oidc_token together with tenant and "
            "client_id, or set auth_source to cli or msi."
        )
    chosen = way(options, endpoints)
    chosen.validate()
    return chosen
