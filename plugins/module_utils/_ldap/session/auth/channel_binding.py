# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The channel binding: it ties a sign-in to its TLS connection, so that an attacker in between cannot relay it."""

from __future__ import annotations

import hashlib
import ssl

# Signature algorithms whose hash is not SHA-256: RSA and ECDSA with SHA-384 and SHA-512.
_OTHER_HASHES = {
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}


def server_end_point(tls: ssl.SSLSocket) -> bytes:
    """Return ``tls-server-end-point``: the hash of the server's certificate (RFC 5929 4.1).

    The hash algorithm is the one of the certificate's signature.
    """
    certificate = tls.getpeercert(binary_form=True) or b""
    return b"tls-server-end-point:" + hashlib.new(_signature_hash(certificate), certificate).digest()


def _signature_hash(certificate: bytes) -> str:
    from pyasn1.codec.der import decoder

    decoded, _rest = decoder.decode(certificate)
    return _OTHER_HASHES.get(str(decoded[1][0]), "sha256")
