# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in as the account that is signed in to the Azure CLI."""

from __future__ import annotations

from typing import Any

from .base import SignIn


class Cli(SignIn):
    """Needs no option. ``tenant`` chooses a tenant if the account belongs to several."""

    def name(self) -> str:
        return "cli"

    def build(self) -> Any:
        from azure.identity import AzureCliCredential

        return AzureCliCredential(tenant_id=self.options.get("tenant") or "", process_timeout=self.options["timeout"])
