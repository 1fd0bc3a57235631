# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate credentials: a JWT signed by the app (Microsoft Learn, identity-platform/certificate-credentials)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .oauth import LoginError

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AUDIENCE_ENDS = ("oauth2/v2.0/token", "v2.0")


def check_assertion(app: dict[str, Any], pem: str, form: dict[str, str], audiences: list[str]) -> None:
    """Raise LoginError unless the form's assertion is signed by the certificate `pem`, for one of `audiences`."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise _invalid(7000218, "The 'client_assertion_type' parameter is missing.")
    assertion = form["client_assertion"]
    if not pem:
        raise _bad_signature(app, "The key was not found.")
    certificate = x509.load_pem_x509_certificate(pem.encode())
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError:
        raise _invalid(50027, "JWT token is invalid or malformed.") from None
    public = certificate.public_key()
    if not _names_certificate(header, certificate) or not isinstance(public, rsa.RSAPublicKey):
        raise _bad_signature(app, "The key was not found.")
    try:
        claims = jwt.decode(
            assertion,
            public,
            algorithms=["RS256", "PS256"],
            audience=audiences,
            leeway=300,
            options={"require": ["exp", "iss", "sub", "aud"]},
        )
    except jwt.InvalidSignatureError:
        raise _bad_signature(app, "The signature did not match the expected signature value.") from None
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        raise _invalid(700024, "Client assertion is not within its valid time range.") from None
    except jwt.InvalidTokenError as error:
        # The code for a wrong audience; other faults of the claims share it here.
        raise _invalid(700023, f"Client assertion audience claim does not match Realm issuer. [{error}]") from None
    if claims["iss"].lower() != app["appId"] or claims["sub"].lower() != app["appId"]:
        raise _invalid(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")


def _invalid(code: int, text: str) -> LoginError:
    return LoginError(401, "invalid_client", code, text)


def _bad_signature(app: dict[str, Any], reason: str) -> LoginError:
    return _invalid(
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on application. "
        f"[Reason - {reason}, for app Id '{app['appId']}'].",
    )


def _names_certificate(header: dict[str, Any], certificate: x509.Certificate) -> bool:
    """Whether the assertion's header names this certificate, by either thumbprint."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    # x5t is a SHA-1 thumbprint by RFC 7515; it identifies, it does not protect.
    digests = {"x5t#S256": hashlib.sha256(der).digest(), "x5t": hashlib.sha1(der, usedforsecurity=False).digest()}
    return any(
        str(header.get(name, "")).rstrip("=") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        for name, digest in digests.items()
    )
