# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory as a provisioning cycle asks it: who holds an anchor, an address, a name; and the tenant's switches."""

from __future__ import annotations

from typing import Any

from .store import Record, Store

# Kinds of the store other than users that hold addresses.
OTHERS = ("group", "contact")


class Cloud:
    """Look-ups over a store, the recycle bin's anchors and the few groups and contacts included."""

    def __init__(self, store: Store, settings: dict[str, Any]) -> None:
        self.store = store
        self.settings = settings
        self._bin = {anchor: key for key in store.deleted if (anchor := store.users[key].get("onPremisesImmutableId"))}

    def switch(self, name: str) -> bool:
        """A tenant switch (facts §2 "Tenant switches")."""
        return bool(self.store.of("switches").get("features", {}).get(name))

    @property
    def initial_domain(self) -> str:
        return next(str(domain["id"]) for domain in self.store.of("domain").values() if domain["isInitial"])

    def is_verified(self, domain: str) -> bool:
        return bool(self.store.of("domain").get(domain.lower(), {}).get("isVerified"))

    def user_with_anchor(self, anchor: str) -> Record | None:
        """The active holder, or else the one in the recycle bin (facts §1 "Soft-deleted holders")."""
        active = self.store.holders("onPremisesImmutableId", anchor)
        key = min(active) if active else self._bin.get(anchor)
        return self.store.users.get(key) if key else None

    def user_named(self, upn: str) -> Record | None:
        return self._first(self.store.holders("userPrincipalName", upn.lower()))

    def user_with_address(self, address: str) -> Record | None:
        return self._first(self.store.holders("proxyAddresses", f"smtp:{address}".lower()))

    def other_with_address(self, address: str) -> tuple[str, Record] | None:
        """The group or contact that holds an address (without prefix): its kind and itself."""
        return next(
            (
                (kind, record)
                for kind in OTHERS
                for record in self.store.of(kind).values()
                if any(held.lower() == f"smtp:{address}".lower() for held in record.get("proxyAddresses") or [])
            ),
            None,
        )

    def other_with_anchor(self, kind: str, anchor: str) -> Record | None:
        found = (record for record in self.store.of(kind).values() if record.get("lab", {}).get("anchor") == anchor)
        return next(found, None)

    def address_is_taken(self, proxy: str, own_id: str) -> bool:
        """Whether another object holds this address, prefix included."""
        if self.store.holders("proxyAddresses", proxy.lower()) - {own_id}:
            return True
        return any(
            record["id"] != own_id and proxy.lower() in map(str.lower, record.get("proxyAddresses") or [])
            for kind in OTHERS
            for record in self.store.of(kind).values()
        )

    def put_user(self, record: Record) -> None:
        self.store.put("user", record["id"], record)
        anchor = record.get("onPremisesImmutableId")
        if anchor:
            if record.get("deletedDateTime"):
                self._bin[anchor] = record["id"]
            elif self._bin.get(anchor) == record["id"]:
                del self._bin[anchor]

    def _first(self, keys: set[str]) -> Record | None:
        return self.store.users[min(keys)] if keys else None
