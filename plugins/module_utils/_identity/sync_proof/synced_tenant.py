# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra says about the synchronisation of its users: extended Entra records, and an index of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.records import ENTRA_PROPERTIES, Record, entra_record
from ..core.upn import folded

NAME = "UserPrincipalName"
"""The name of the UPN in a provisioning error (facts §3); the other name is ``ProxyAddress``."""

SYNC_PROPERTIES = (*ENTRA_PROPERTIES, "createdDateTime", "onPremisesLastSyncDateTime", "onPremisesProvisioningErrors")
_NEEDED = (
    "onPremisesImmutableId",
    "onPremisesSyncEnabled",
    "onPremisesLastSyncDateTime",
    "onPremisesProvisioningErrors",
)


def sync_record(user: Mapping[str, Any], deleted: bool = False) -> Record:
    """Return an Entra record with the properties that show its synchronisation, from Graph's JSON.

    These are ``created, last_sync, unreadable, provisioning_errors: [{property, value, occurred}]``. ``unreadable``
    names the needed properties that are missing in the answer, so that nothing is known of them.
    """
    return {
        **entra_record(user, deleted),
        "created": user.get("createdDateTime"),
        "last_sync": user.get("onPremisesLastSyncDateTime"),
        "provisioning_errors": [
            {
                "property": item.get("propertyCausingError"),
                "value": item.get("value"),
                "occurred": item.get("occurredDateTime"),
            }
            for item in user.get("onPremisesProvisioningErrors") or []
        ],
        "unreadable": [name for name in _NEEDED if name not in user],
    }


def bare_address(text: str) -> str:
    """Return an address or a UPN in the form in which they are compared: folded, without the prefix ``smtp:``."""
    kind, colon, rest = text.partition(":")
    return folded(rest if colon and kind.lower() == "smtp" else text)


class SyncedTenant:
    """Active users, indexed for what a proof looks up. If an id occurs twice, the last record counts."""

    def __init__(self, users: Iterable[Record]) -> None:
        self._by_id = {folded(user["id"]): user for user in users}
        self._by_upn: dict[str, Record] = {}
        self._holders: defaultdict[str, list[Record]] = defaultdict(list)
        self._addressed: defaultdict[str, list[Record]] = defaultdict(list)
        self._claims: defaultdict[tuple[bool, str], list[Record]] = defaultdict(list)
        for user in self._by_id.values():
            self._index(user)

    def _index(self, user: Record) -> None:
        if user["user_principal_name"]:
            self._by_upn[folded(user["user_principal_name"])] = user
        if user["immutable_id"]:
            self._holders[user["immutable_id"]].append(user)
        for address in user["proxy_addresses"]:
            self._addressed[bare_address(address)].append(user)
        for problem in user["provisioning_errors"]:
            self._claims[(problem["property"] == NAME, bare_address(problem["value"] or ""))].append(user)

    def with_id(self, object_id: str) -> Record | None:
        return self._by_id.get(folded(object_id))

    def named(self, upn: str) -> Record | None:
        return self._by_upn.get(folded(upn))

    def holders(self, immutable_id: str) -> Sequence[Record]:
        return self._holders.get(immutable_id, ())

    def claimants_of_name(self, upn: str) -> Sequence[Record]:
        """Return the users whose quarantine has this UPN: AD gives it to them, and Entra refused it."""
        return self._claims.get((True, bare_address(upn)), ())

    def claimants_of_address(self, address: str) -> Sequence[Record]:
        """Return the users whose quarantine has this address."""
        return self._claims.get((False, bare_address(address)), ())

    def owner(self, problem: Mapping[str, Any], other_than: Record) -> Record | None:
        """Return a user other than ``other_than`` who has the value of a provisioning error; None if there is none."""
        value = problem["value"] or ""
        if problem["property"] == NAME:
            found = [user for user in (self.named(value),) if user]
        else:
            found = list(self._addressed.get(bare_address(value), ()))
        return next((user for user in found if user["id"] != other_than["id"]), None)
