# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in as the managed identity of the Azure machine that runs the module."""

from __future__ import annotations

from typing import Any

from .base import SignIn


class Msi(SignIn):
    """Needs no option. ``client_id`` chooses one of several user-assigned identities."""

    def name(self) -> str:
        return "msi"

    def build(self) -> Any:
        from azure.identity import ManagedIdentityCredential

        client_id = self.options.get("client_id")
        return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
