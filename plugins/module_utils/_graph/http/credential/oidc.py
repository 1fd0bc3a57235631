# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in with workload identity federation: a token that a CI system signed, instead of a secret."""

from __future__ import annotations

from typing import Any

from ...._identity.core.errors import InputError
from .base import SignIn


class Oidc(SignIn):
    """Needs ``tenant``, ``client_id`` and ``oidc_token`` or ``oidc_token_file_path``."""

    required = ("tenant", "client_id")

    def name(self) -> str:
        return "oidc"

    def validate(self) -> None:
        super().validate()
        if not self.options.get("oidc_token") and not self.options.get("oidc_token_file_path"):
            raise InputError("auth_source oidc needs oidc_token or oidc_token_file_path; set one of them.")
        self._assertion()

    def build(self) -> Any:
        from azure.identity import ClientAssertionCredential

        return ClientAssertionCredential(
            self.options["tenant"], self.options["client_id"], self._assertion, **self.network()
        )

    def _assertion(self) -> str:
        """Return the token. Read its file each time, because the CI system may renew it while a long task runs."""
        if self.options.get("oidc_token"):
            return str(self.options["oidc_token"])
        path = self.options["oidc_token_file_path"]
        try:
            token: str = self.options["read_file"]("oidc_token_file_path", path).decode("ascii").strip()
        except UnicodeDecodeError:
            raise InputError(
                f"oidc_token_file_path {path} is not a text file; check that the CI system wrote it."
            ) from None
        if not token:
            raise InputError(f"oidc_token_file_path {path} is empty; check that the CI system wrote a token there.")
        return token
