# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Active Directory says now of the objects that hold an anchor, a UPN or an address, and who else claims them.

Any domain user can read every objectGUID. So an account outside the scope may carry somebody's GUID in its
mS-DS-ConsistencyGuid, and get that person's cloud user if it is synchronised first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..core.accepted_effects import FOREIGN_ANCHOR, PRIVILEGED_AD_ACCOUNT, Effect, protected_sentence
from ..core.identities.anchors import CONSISTENCY_GUID, OBJECT_GUID
from ..core.refusal import Refusal

ANCHOR_CLAIMED, ACCOUNT_UNREAD = "anchor_claimed", "ad_account_unread"


@dataclass(frozen=True)
class AdAccount:
    """An AD object of any class.

    ``guid`` is dashed. ``own`` and ``consistency`` are the ImmutableIds of objectGUID and of mS-DS-ConsistencyGuid,
    None if that is empty. ``kind`` is a word such as ``user``. ``protected`` is a clause that says why the account is
    protected, None if it is not. ``addresses`` are its proxyAddresses and ``smtp:`` with its mail.
    """

    guid: str
    distinguished_name: str
    upn: str | None
    own: str
    consistency: str | None = None
    kind: str = "user"
    protected: str | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class DirectoryView:
    """The objects that were asked for.

    ``claims_unread``: one of them, or the directory, could not be read. ``protection_unread``: what protects accounts
    could not.
    """

    accounts: Sequence[AdAccount] = ()
    claims_unread: bool = False
    protection_unread: bool = False
    _by_anchor: dict[str, list[AdAccount]] = field(init=False, default_factory=dict)
    _by_guid: dict[str, AdAccount] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for account in self.accounts:
            self._by_guid[account.guid] = account
            self._by_anchor.setdefault(account.own, []).append(account)
            if account.consistency and account.consistency != account.own:
                self._by_anchor.setdefault(account.consistency, []).append(account)

    def holders(self, anchor: str) -> Sequence[AdAccount]:
        """Return all objects that have this ImmutableId in one of the two attributes."""
        return self._by_anchor.get(anchor, ())

    def account(self, guid: str | None) -> AdAccount | None:
        """Return the object with this objectGUID."""
        return self._by_guid.get(guid or "")


class AnchorJudge:
    """Says what stands against giving a cloud user an anchor, by a view of the holders of all planned anchors.

    Only the directory's own word counts, never that of the record that a caller passed.
    """

    def __init__(self, view: DirectoryView, planned: Iterable[str]) -> None:
        self._view = view
        self._claims = {anchor: holders for anchor in planned if len(holders := view.holders(anchor)) > 1}
        self._claimants = {account.guid: anchor for anchor, holders in self._claims.items() for account in holders}

    def claim(self, name: str, anchor: str, guid: str | None) -> Refusal | None:
        """Refuse both if two objects hold one anchor, whichever of the two is meant.

        ``guid`` is the objectGUID of the account that is meant, None if it is not known. An anchor that only another
        object holds by now is refused too.
        """
        claimed = anchor if anchor in self._claims else self._claimants.get(guid or "")
        holders = (
            self._claims[claimed] if claimed else [each for each in self._view.holders(anchor) if each.guid != guid]
        )
        if not holders or not guid:
            return None
        claimed = claimed or anchor
        named = " and ".join(_held_as(account, claimed) for account in holders)
        return Refusal(
            ANCHOR_CLAIMED,
            f"The ImmutableId {claimed}, which concerns {name}, is {named}. A sync matches the cloud user to the one "
            f"that it reads first. Find out who wrote {CONSISTENCY_GUID}, and clear the wrong value.",
        )

    def is_unread(self, guid: str | None) -> bool:
        """Return whether the account with this GUID is not in the directory that was read."""
        return self._view.claims_unread or self._view.account(guid) is None

    def effects(self, name: str, anchor: str, already: bool, guid: str | None) -> tuple[Effect, ...]:
        """Return the effects of matching the account with this GUID by this anchor, as far as they depend on others.

        ``already``: whether the cloud user of this name has the anchor now.
        """
        account = self._view.account(guid)
        if account is None:
            return ()
        found = []
        if account.protected:
            found.append(Effect(PRIVILEGED_AD_ACCOUNT, account.upn, protected_sentence(name, account.protected)))
        if anchor != account.own and not already:
            found.append(Effect(FOREIGN_ANCHOR, account.upn, _foreign_sentence(name, anchor)))
        return tuple(found)


def _held_as(account: AdAccount, anchor: str) -> str:
    attribute = OBJECT_GUID if account.own == anchor else CONSISTENCY_GUID
    return f"the {attribute} of the {account.kind} {account.distinguished_name}"


def _foreign_sentence(name: str, anchor: str) -> str:
    return (
        f"{CONSISTENCY_GUID} of {name} is {anchor}, which is neither the GUID of the account nor the ImmutableId of "
        f"the cloud user. Find out who wrote it, and clear it, or add the UPN to {FOREIGN_ANCHOR} in accepted_effects."
    )
