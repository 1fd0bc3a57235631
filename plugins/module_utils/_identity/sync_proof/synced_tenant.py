# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra says about the synchronisation of its users, and an index of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.cloud_user import ENTRA_PROPERTIES, CloudUser, make_cloud_user
from ..core.identities.cloud_identity import CloudIdentity, possible_upn
from ..core.identities.comparison import entra_key
from ..core.run_files.user_records import ProblemRecord

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


@dataclass(frozen=True, slots=True)
class ProvisioningError:
    """A value that Entra put into quarantine (facts §3). ``property`` is NAME or ``ProxyAddress``."""

    property: str | None
    value: str | None
    occurred: str | None

    def record(self) -> ProblemRecord:
        """Return the error for a file or a result."""
        return ProblemRecord(property=self.property, value=self.value, occurred=self.occurred)


@dataclass(slots=True)
class SyncedUser:
    """A cloud user, and what shows its synchronisation.

    ``security_identifier`` is the SID of the AD account that is joined to the user. ``created`` and ``last_sync`` are
    times in ISO 8601.
    """

    user: CloudUser
    created: str | None
    last_sync: str | None
    security_identifier: str | None
    provisioning_errors: tuple[ProvisioningError, ...]


def make_synced_user(user: Mapping[str, Any], deleted: bool = False, unreadable: Sequence[str] = ()) -> SyncedUser:
    """Make a synced user of Graph's JSON. ``unreadable`` names the properties that were taken out of it.

    What a proof needs and is missing in the answer is unreadable too, so that nothing is known of it.
    """
    missing = [name for name in _NEEDED if name not in user]
    return SyncedUser(
        make_cloud_user(user, deleted, list(dict.fromkeys((*missing, *unreadable))) if missing else unreadable),
        user.get("createdDateTime"),
        user.get("onPremisesLastSyncDateTime"),
        user.get("onPremisesSecurityIdentifier"),
        tuple(map(_make_error, user.get("onPremisesProvisioningErrors") or ())),
    )


def _make_error(item: Mapping[str, Any]) -> ProvisioningError:
    return ProvisioningError(item.get("propertyCausingError"), item.get("value"), item.get("occurredDateTime"))


def bare_address(text: str) -> str:
    """Return an address or a UPN as ``entra_key``, without the prefix ``smtp:``."""
    kind, colon, rest = text.partition(":")
    return entra_key(rest if colon and entra_key(kind) == "smtp" else text)


class SyncedTenant:
    """Active users, indexed for what a proof looks up. If an id occurs twice, the last user counts."""

    def __init__(self, users: Iterable[SyncedUser]) -> None:
        last = {each.user.id: each for each in users}
        self._named: dict[CloudIdentity, SyncedUser] = {}
        self._holders: defaultdict[str, list[SyncedUser]] = defaultdict(list)
        self._addressed: defaultdict[str, list[SyncedUser]] = defaultdict(list)
        self._claims: defaultdict[tuple[bool, str], list[SyncedUser]] = defaultdict(list)
        for each in last.values():
            self._index(each)

    def _index(self, each: SyncedUser) -> None:
        user = each.user
        self._named.update(dict.fromkeys(user.identities(), each))
        if user.immutable_id:
            self._holders[user.immutable_id].append(each)
        for address in user.proxy_addresses:
            self._addressed[bare_address(address)].append(each)
        for problem in each.provisioning_errors:
            self._claims[(problem.property == NAME, bare_address(problem.value or ""))].append(each)

    def find(self, identity: CloudIdentity | None) -> SyncedUser | None:
        """Return the user whom an identity names; None if there is none."""
        return self._named.get(identity) if identity else None

    def holders(self, immutable_id: str) -> Sequence[SyncedUser]:
        return self._holders.get(immutable_id, ())

    def claimants_of_name(self, upn: str) -> Sequence[SyncedUser]:
        """Return the users whose quarantine has this UPN: AD gives it to them, and Entra refused it."""
        return self._claims.get((True, bare_address(upn)), ())

    def claimants_of_address(self, address: str) -> Sequence[SyncedUser]:
        """Return the users whose quarantine has this address."""
        return self._claims.get((False, bare_address(address)), ())

    def owner(self, problem: ProvisioningError, other_than: SyncedUser) -> SyncedUser | None:
        """Return a user other than ``other_than`` who has the value of a provisioning error; None if there is none."""
        value = problem.value or ""
        if problem.property == NAME:
            found = [user for user in (self.find(possible_upn(value)),) if user]
        else:
            found = list(self._addressed.get(bare_address(value), ()))
        return next((each for each in found if each.user.id != other_than.user.id), None)
