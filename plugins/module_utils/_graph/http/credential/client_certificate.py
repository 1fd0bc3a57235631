# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in as an app with a certificate whose public part is in the app registration."""

from __future__ import annotations

from typing import Any

from ...._identity.core.errors import InputError
from .base import SignIn


class ClientCertificate(SignIn):
    """Needs ``tenant``, ``client_id``, ``x509_certificate_path`` and, for a protected key, ``certificate_password``."""

    required = ("tenant", "client_id", "x509_certificate_path")

    def name(self) -> str:
        return "client_certificate"

    def validate(self) -> None:
        super().validate()
        self._read()

    def build(self) -> Any:
        from azure.identity import CertificateCredential

        try:
            return CertificateCredential(
                self.options["tenant"],
                self.options["client_id"],
                certificate_data=self._read(),
                password=self.options.get("certificate_password"),
                **self.network(),
            )
        except (TypeError, ValueError):
            # Do not show the text of these errors: it differs by library and format, and must never show a key.
            # tests/upstream/test_azure_identity.py::test_an_unusable_certificate_is_a_bare_value_error
            raise InputError(
                f"x509_certificate_path {self.options['x509_certificate_path']} does not contain a usable private key "
                "and certificate. Use a PEM file with both or a PKCS12 file, and set certificate_password if the key "
                "has a password."
            ) from None

    def _read(self) -> bytes:
        content: bytes = self.options["read_file"]("x509_certificate_path", self.options["x509_certificate_path"])
        return content
