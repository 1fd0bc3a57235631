# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that a sync cycle matched each user to the right account.

A cycle that reports success proves nothing, because Entra quarantines conflicting values without telling the sync
client (facts §0.4, §3). So each user is checked. It must be the same object as before, with its ImmutableId, and
synchronised in this cycle, from the right AD account, which its SID tells. Nothing of it may be in quarantine, and
there must be no second user for it (facts §3, "Success signature"). Entra does not show errors of the export itself,
such as InvalidHardMatch. Without the Connect server's errors, a user who is stopped by one looks like a user who was
not exported yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ..core.cloud_user import CloudUser
from ..core.identities.comparison import entra_key
from .expectations import Expectation
from .findings import (
    DIFFERENT_IMMUTABLE_ID,
    EXPORT_ERROR,
    NOT_FOUND,
    NOT_MATCHED,
    PENDING,
    PROVISIONING_ERROR,
    QUARANTINE_TIMER,
    SECOND_USER,
    SKIPPED,
    UNKNOWN,
    VERIFIED,
    WRONG_OBJECT,
    Finding,
)
from .synced_tenant import SyncedTenant, SyncedUser

_HOURLY = "Entra ID checks every hour whether conflicts are resolved"


def prove(
    expectations: Iterable[Expectation],
    tenant: SyncedTenant,
    since: datetime | None = None,
    export_errors: Iterable[Mapping[str, Any]] = (),
) -> list[Finding]:
    """Return one finding for each expectation, in order.

    ``tenant`` must hold every user that an expectation names by id or UPN, every holder of its ImmutableId, every user
    with something in quarantine, and the owners of what is in quarantine for the users named. ``since`` is when the
    cycle began. The Connect server's ``export_errors`` have ``immutable_id, code, message, advice`` each.
    """
    refused = {error["immutable_id"]: error for error in export_errors if error.get("immutable_id")}
    return [_finding(expectation, tenant, since, refused) for expectation in expectations]


def target_of(expectation: Expectation, tenant: SyncedTenant) -> SyncedUser | None:
    """Return the user that the record means: the object with its id if it has one, else the user with its UPN."""
    return tenant.find(expectation.object_id or expectation.upn)


def _finding(
    expectation: Expectation, tenant: SyncedTenant, since: datetime | None, refused: Mapping[str, Mapping[str, Any]]
) -> Finding:
    if expectation.left_out:
        return Finding(expectation, SKIPPED, "not_hard_matched", expectation.left_out)
    target = target_of(expectation, tenant)
    judge = _Judge(expectation, tenant, target, since)
    if target is None:
        return judge.elsewhere() or judge.says(
            NOT_FOUND,
            "no_cloud_user",
            f"{expectation.name} is not among the active cloud users; look for it in the recycle bin.",
        )
    return (
        judge.elsewhere()
        or judge.unreadable(target)
        or judge.in_quarantine(target)
        or judge.second_user(target)
        or judge.other_value(target)
        or judge.export_refused(target, refused.get(expectation.immutable_id or ""))
        or judge.not_synchronised(target)
        or judge.other_account(target)
        or judge.waiting_for_the_timer(target)
        or judge.not_in_this_cycle(target)
        or judge.says(VERIFIED)
    )


class _Judge:
    """The checks. Each returns a finding, or None if it finds nothing."""

    def __init__(
        self, expectation: Expectation, tenant: SyncedTenant, target: SyncedUser | None, since: datetime | None
    ) -> None:
        self._since = since
        self._expectation = expectation
        self._tenant = tenant
        self._target = target
        self._name = expectation.name

    def says(
        self, status: str, cause: str | None = None, reason: str | None = None, other: SyncedUser | None = None
    ) -> Finding:
        return Finding(self._expectation, status, cause, reason, self._target, other)

    def elsewhere(self) -> Finding | None:
        """Find another user who has what this user should have: the ImmutableId or the UPN."""
        own = self._target.user if self._target else None
        own_id = own.id if own else None
        value = self._expectation.immutable_id
        if value and (own is None or own.immutable_id != value):
            holder = next((each for each in self._tenant.holders(value) if each.user.id != own_id), None)
            if holder:
                return self._held_by(holder, value)
        upn = self._expectation.upn
        namesake = self._tenant.find(upn) if self._expectation.object_id else None
        quarantined = self._target is not None and bool(self._target.provisioning_errors)
        if namesake and namesake.user.id != own_id and not quarantined:
            return self.says(
                WRONG_OBJECT,
                "name_on_other_object",
                f"{upn} is now the UPN of the cloud user {namesake.user.id}, not of {self._expectation.object_id}, "
                "which was hard-matched. The sync might have matched or created another user. Look at both users in "
                "Entra ID, and do not delete either of them before you know which one has the mailbox.",
                namesake,
            )
        return None

    def _held_by(self, holder: SyncedUser, value: str) -> Finding:
        made = self._made_in_this_cycle(holder)
        if made or (made is None and _is_placeholder(holder.user, self._expectation.user_principal_name)):
            return self._second(holder, f"it has the ImmutableId {value}, so that the AD account belongs to it")
        return self.says(
            WRONG_OBJECT,
            "value_on_other_object",
            f"The ImmutableId {value} belongs to {_shown(holder.user)}, not to {self._name}, so a sync has matched the "
            "AD account to the wrong user, or will do so. Find out who set the value before the next sync.",
            holder,
        )

    def unreadable(self, target: SyncedUser) -> Finding | None:
        if not target.user.unreadable:
            return None
        return self.says(
            UNKNOWN,
            "unreadable",
            f"Entra ID did not return {', '.join(target.user.unreadable)} of {self._name}, so nothing is proven. "
            "Grant the app the application permission User.Read.All.",
        )

    def in_quarantine(self, target: SyncedUser) -> Finding | None:
        for problem in target.provisioning_errors:
            owner = self._tenant.owner(problem, target)
            if owner:
                return self.says(
                    PROVISIONING_ERROR,
                    "value_conflict",
                    f"{problem.property} {problem.value} of {self._name} is in quarantine, because "
                    f"{_shown(owner.user)} has it too. Remove it from one of the two; if that user is synchronised, "
                    f"remove it in AD. {_HOURLY}, so prove the user again an hour later.",
                    owner,
                )
        return None

    def second_user(self, target: SyncedUser) -> Finding | None:
        """Find a second user: a sync that cannot match makes one, with a placeholder UPN (facts §2)."""
        upn = self._expectation.user_principal_name or target.user.user_principal_name
        if not upn:  # the user has none, and neither has its record
            return None
        for other in self._tenant.claimants_of_name(upn):
            if other.user.id != target.user.id:
                return self._second(other, f"{upn} is in quarantine there")
        address = self._expectation.primary_address
        for other in self._tenant.claimants_of_address(address) if address else ():
            # Another person may have the same address by mistake, and be in quarantine for that.
            if other.user.id != target.user.id and _same_person(other.user, upn):
                return self._second(other, f"{address} is in quarantine there")
        return None

    def _second(self, other: SyncedUser, sign: str) -> Finding:
        """Report a second user. The advice to delete it is certain only if this cycle made it: others may be in use."""
        if self._made_in_this_cycle(other):
            advice = "then delete that user permanently and sync again."
        else:
            advice = (
                "and find out whose user that is. If an earlier sync created it and nobody uses it, delete it "
                "permanently before the next sync. If it is in use, it was matched to this AD account by mistake."
            )
        return self.says(
            SECOND_USER,
            "second_user",
            f"In addition to {self._name}, there is a second user, {_shown(other.user)}, created at "
            f"{other.created or 'an unknown time'}: {sign}. Find out why the sync did not match, remove the AD "
            f"account from the sync scope or correct it, {advice}",
            other,
        )

    def _made_in_this_cycle(self, user: SyncedUser) -> bool | None:
        """Return whether this cycle made a user; None if the start of the cycle or the time of creation is unknown."""
        if self._since is None or not user.created:
            return None
        return datetime.fromisoformat(user.created) >= self._since

    def other_value(self, target: SyncedUser) -> Finding | None:
        wanted, found = self._expectation.immutable_id, target.user.immutable_id
        if wanted is None and found is None and not target.user.sync_enabled:
            return self.says(
                NOT_MATCHED,
                "no_immutable_id",
                f"{self._name} has no ImmutableId and is not synchronised, so no sync will hard-match it; set its "
                "ImmutableId first.",
            )
        if wanted is None or found == wanted:
            return None
        if self._expectation.exported and found == self._expectation.before and not target.user.sync_enabled:
            # facts §1: reads lag behind writes.
            return self.says(
                PENDING,
                "write_not_visible",
                f"Entra still shows the ImmutableId of {self._name} from before it was set. Prove the user again "
                "a few minutes later.",
            )
        return self.says(
            DIFFERENT_IMMUTABLE_ID,
            "different_immutable_id",
            f"{self._name} has {f'the ImmutableId {found}' if found else 'no ImmutableId'}, not {wanted}. Run the "
            "hard match for this user again; its plan says what prevents it.",
        )

    def export_refused(self, target: SyncedUser, error: Mapping[str, Any] | None) -> Finding | None:
        """Find a refused export. A refused update of a user that is already joined does not count."""
        if error is None or target.user.sync_enabled:
            return None
        said = " ".join(str(part).rstrip(".") + "." for part in (error.get("message"), error.get("advice")) if part)
        return self.says(
            EXPORT_ERROR,
            "export_error",
            f"The export of {self._name} was refused with {error.get('code') or 'an error'}. {said}".rstrip(),
        )

    def not_synchronised(self, target: SyncedUser) -> Finding | None:
        if target.user.sync_enabled:
            return None
        state = "is not synchronised yet" if target.user.sync_enabled is None else "is no longer synchronised"
        return self.says(
            PENDING,
            "not_synchronised",
            f"{self._name} {state}. If a whole cycle has run since then, its AD account is not in the sync scope, its "
            "source of authority is the cloud (isCloudManaged), or the export was refused (an admin role, another "
            "onPremisesObjectIdentifier, or a switch that blocks matches). The export errors of the Entra Connect "
            "server show which.",
        )

    def other_account(self, target: SyncedUser) -> Finding | None:
        """Find that another AD account was joined: the anchor alone does not tell, because anybody may carry it."""
        wanted, found = self._expectation.object_sid, target.security_identifier
        if wanted == found if wanted else self._expectation.immutable_id is None:
            return None
        if wanted is None:
            return self.says(
                UNKNOWN,
                "no_object_sid",
                f"The record of {self._name} has no object_sid, so it is not proven which AD account was matched. Use "
                "the records that ad_user_guid or a later module returned.",
            )
        if found is None:
            return self.says(
                PENDING,
                "no_security_identifier",
                f"Entra ID does not show the onPremisesSecurityIdentifier of {self._name} yet, which identifies the "
                "matched AD account. Prove the user again a few minutes later.",
            )
        return self.says(
            WRONG_OBJECT,
            "other_ad_account",
            f"{self._name} is matched to the AD account with the SID {found}, but the right account has {wanted}. The "
            "other account has the same anchor. Find out who wrote its mS-DS-ConsistencyGuid. If you remove that "
            "account from the sync scope, the next cycle moves the cloud user to the recycle bin, and you must restore "
            "the user.",
        )

    def waiting_for_the_timer(self, target: SyncedUser) -> Finding | None:
        """Find a value in quarantine that no other user has any more (facts §3 "Clearing lag")."""
        for problem in target.provisioning_errors:
            return self.says(
                PENDING,
                QUARANTINE_TIMER,
                f"{problem.property} {problem.value} of {self._name} is still in quarantine, though no other user has "
                f"it. {_HOURLY}. Wait an hour, then prove the user again. If the value is still in quarantine then, a "
                "group or a contact has it.",
            )
        return None

    def not_in_this_cycle(self, target: SyncedUser) -> Finding | None:
        if self._since is None or not self._expectation.exported:
            return None
        last = target.last_sync
        if last and datetime.fromisoformat(last) >= self._since:
            return None
        return self.says(
            PENDING,
            "not_in_this_cycle",
            f"{self._name} was last synchronised at {last or 'an unknown time'}, before the cycle began "
            f"({self._since.isoformat()}). Prove the user again a few minutes later.",
        )


def _is_placeholder(user: CloudUser, upn: str | None) -> bool:
    """Return whether a user's UPN is the placeholder for a UPN.

    facts §3: ``<prefix>+<4 digits>@<tenant>.onmicrosoft.com``. No other cloud UPN has a plus (facts §7).
    """
    prefix = entra_key(upn or "").rpartition("@")[0]
    pattern = re.escape(prefix) + r"\+[0-9]{4}@.+"
    return bool(prefix) and bool(re.fullmatch(pattern, entra_key(user.user_principal_name or "")))


def _same_person(user: CloudUser, upn: str) -> bool:
    """Return whether Entra may have calculated the user's name (facts §3, §7) from this UPN."""
    prefix = (user.user_principal_name or "").rpartition("@")[0]
    return entra_key(re.sub(r"\+[0-9]{4}$", "", prefix)) == entra_key(upn.rpartition("@")[0])


def _shown(user: CloudUser) -> str:
    return f"{user.user_principal_name} ({user.id})"
