# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra says about the synchronisation of its users: extended Entra records, and an index of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.identities.cloud_identity import CloudIdentity, identities_of, possible_upn
from ..core.identities.comparison import entra_key
from ..core.records import ENTRA_PROPERTIES, Record, entra_record

NAME = "UserPrincipalName"
"""The name of the UPN in a provisioning error (facts §3); the other name is ``ProxyAddress``."""

SYNC_PROPERTIES = (
    *ENTRA_PROPERTIES,
    "createdDateTime",
    "onPremisesLastSyncDateTime",
    "onPremisesProvisioningErrors",
    "onPremisesSecurityIdentifier",
)
_NEEDED = (
    "onPremisesImmutableId",
    "onPremisesSyncEnabled",
    "onPremisesLastSyncDateTime",
    "onPremisesProvisioningErrors",
    "onPremisesSecurityIdentifier",
)


def sync_record(user: Mapping[str, Any], deleted: bool = False) -> Record:
    """Return an Entra record with the properties that show its synchronisation, from Graph's JSON.

    These are ``created, last_sync, security_identifier, unreadable, provisioning_errors: [{property, value,
    occurred}]``. ``security_identifier`` is the SID of the AD account that is joined to the user. ``unreadable``
    names the needed properties that are missing in the answer, so that nothing is known of them.
    """
    return {
        **entra_record(user, deleted),
        "created": user.get("createdDateTime"),
        "last_sync": user.get("onPremisesLastSyncDateTime"),
        "security_identifier": user.get("onPremisesSecurityIdentifier"),
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
    """Return an address or a UPN as ``entra_key``, without the prefix ``smtp:``."""
    kind, colon, rest = text.partition(":")
    return entra_key(rest if colon and entra_key(kind) == "smtp" else text)


class SyncedTenant:
    """Active users, indexed for what a proof looks up. If an id occurs twice, the last record counts."""

    def __init__(self, users: Iterable[Record]) -> None:
        last = {user["id"]: user for user in users}
        self._named: dict[CloudIdentity, Record] = {}
        self._holders: defaultdict[str, list[Record]] = defaultdict(list)
        self._addressed: defaultdict[str, list[Record]] = defaultdict(list)
        self._claims: defaultdict[tuple[bool, str], list[Record]] = defaultdict(list)
        for user in last.values():
            self._index(user)

    def _index(self, user: Record) -> None:
        self._named.update(dict.fromkeys(identities_of(user), user))
        if user["immutable_id"]:
            self._holders[user["immutable_id"]].append(user)
        for address in user["proxy_addresses"]:
            self._addressed[bare_address(address)].append(user)
        for problem in user["provisioning_errors"]:
            self._claims[(problem["property"] == NAME, bare_address(problem["value"] or ""))].append(user)

    def find(self, identity: CloudIdentity | None) -> Record | None:
        """Return the user whom an identity names; None if there is none."""
        return self._named.get(identity) if identity else None

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
            found = [user for user in (self.find(possible_upn(value)),) if user]
        else:
            found = list(self._addressed.get(bare_address(value), ()))
        return next((user for user in found if user["id"] != other_than["id"]), None)
