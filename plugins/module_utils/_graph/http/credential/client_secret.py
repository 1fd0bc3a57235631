# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in as an app with a client secret."""

from __future__ import annotations

from typing import Any

from .base import SignIn


class ClientSecret(SignIn):
    """Needs ``tenant``, ``client_id`` and ``secret``."""

    required = ("tenant", "client_id", "secret")

    def name(self) -> str:
        return "client_secret"

    def build(self) -> Any:
        from azure.identity import ClientSecretCredential

        return ClientSecretCredential(
            self.options["tenant"], self.options["client_id"], self.options["secret"], **self.network()
        )
