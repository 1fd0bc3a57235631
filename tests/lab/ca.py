# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificate authority: one CA, one server certificate, client certificates for apps.

RSA keys, because Samba's TLS and older clients read them without surprises. trustme writes the Subject and
Authority Key Identifiers that Python 3.13's strict verification asks for (facts §11, last TLS row).
"""

from __future__ import annotations

import argparse
import datetime
import os
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

SERVER_NAMES = ("localhost", "127.0.0.1", "::1", "dc1.ad.contoso.com")


def _write(path: Path, data: bytes, mode: int) -> Path:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as out:
        os.fchmod(out.fileno(), mode)
        out.write(data)
    return path


def write_server_certificate(directory: Path, names: tuple[str, ...] = SERVER_NAMES) -> dict[str, Path]:
    """Make a CA and a certificate for `names` in `directory` (created, 0700).

    Writes `ca.pem`, `server.pem` (the server's chain) and `server.key` (0600, as Samba demands) and returns
    these paths under `ca`, `cert` and `key`. The CA's own key is not kept: a new call makes a new CA.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = trustme.CA(organization_name="hybrid.identity lab", key_type=trustme.KeyType.RSA)
    leaf = authority.issue_cert(*names, common_name=names[0], key_type=trustme.KeyType.RSA)
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    return {
        "ca": _write(directory / "ca.pem", authority.cert_pem.bytes(), 0o644),
        "cert": _write(directory / "server.pem", chain, 0o644),
        "key": _write(directory / "server.key", leaf.private_key_pem.bytes(), 0o600),
    }


def write_app_certificate(path: Path, name: str = "hard-matcher", days: int = 30) -> Path:
    """Write a self-signed client certificate and its key to one PEM file (0600), as azure-identity reads it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    return _write(path, pem, 0o600)


def main() -> None:
    """`python -m lab.ca DIRECTORY`: write the three files and print their paths."""
    parser = argparse.ArgumentParser(description="Make the lab's CA and server certificate.")
    parser.add_argument("directory", type=Path)
    for kind, path in write_server_certificate(parser.parse_args().directory).items():
        print(f"{kind}={path}")


if __name__ == "__main__":
    main()
