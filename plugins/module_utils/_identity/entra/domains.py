# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The domains of a tenant: which are verified, which are federated, and which is the first one (facts §3, §7)."""

from __future__ import annotations

from ..core.identities.comparison import entra_key
from ..core.identities.upn import upn_suffix
from .tenant_snapshot import DOMAINS, TenantSnapshot

_FEDERATED = "federated"


class Domains:
    """Look-ups of domains, in any case."""

    def __init__(self, tenant: TenantSnapshot) -> None:
        self.unknown = DOMAINS in tenant.unknown
        self._verified = {entra_key(str(domain["id"])) for domain in tenant.domains if domain.get("isVerified")}
        self._federated = {
            entra_key(str(domain["id"]))
            for domain in tenant.domains
            if str(domain.get("authenticationType")).lower() == _FEDERATED
        }
        self.initial = next((str(domain["id"]) for domain in tenant.domains if domain.get("isInitial")), None)
        if self.unknown:
            # The domain of each active user's UPN is verified (facts §7).
            suffixes = (upn_suffix(each.user.user_principal_name or "") for each in tenant.users)
            self._verified |= {suffix for suffix in suffixes if suffix}

    def is_verified(self, name: str) -> bool | None:
        """Return whether a domain is verified; None if the domains are unknown and no active user has a UPN in it."""
        if entra_key(name) in self._verified:
            return True
        return None if self.unknown else False

    def is_federated(self, upn: str | None) -> bool:
        return upn_suffix(upn or "") in self._federated
