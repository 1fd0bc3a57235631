# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom an exported user belongs to: hard match, soft match, or nobody (facts §2 "Order")."""

from __future__ import annotations

from dataclasses import dataclass

from . import hardening
from .cloud import Cloud
from .hardening import Refused
from .incoming import Incoming
from .permissions import direct_roles
from .store import Record

UPDATE, HARD, SOFT, NEW, CLOUD_MANAGED = "updated", "hard_matched", "soft_matched", "provisioned", "unchanged"


@dataclass(frozen=True)
class Match:
    """`how`: one of the constants above. `note`: why a user that looked alike was not taken."""

    how: str
    target: Record | None = None
    note: str | None = None


def match_user(cloud: Cloud, incoming: Incoming) -> Match:
    """Raises Refused for an export error."""
    target = cloud.user_with_anchor(incoming.anchor)
    if target is None:
        return _soft(cloud, incoming)
    if target.get("lab", {}).get("isCloudManaged"):
        return Match(CLOUD_MANAGED, target)  # facts §2 "SOA": updates from AD are blocked
    if target.get("onPremisesSyncEnabled") is True and not target.get("deletedDateTime"):
        # "The match is only evaluated for new objects": this one is joined already.
        hardening.check_update(cloud, target, incoming)
        return Match(UPDATE, target)
    hardening.check_hard_match(cloud, target, incoming)
    return Match(HARD, target)


def _soft(cloud: Cloud, incoming: Incoming) -> Match:
    if cloud.switch("blockSoftMatchEnabled"):
        # facts §2 "Tenant switches": what would have matched becomes a second user, quarantined (quarantine.py).
        return Match(NEW)
    candidate, quarantine = _alike(cloud, incoming)
    if candidate is None:
        return Match(NEW)
    if candidate.get("lab", {}).get("isCloudManaged"):
        return Match(CLOUD_MANAGED, candidate)
    if direct_roles(candidate):
        # facts §2 "Admin (soft match)": any directory role; the workaround deletes "the quarantined duplicate", so one
        # is made.
        return Match(NEW, note="ExistingAdminRoleConflict")
    if candidate.get("onPremisesImmutableId"):
        # facts §2 "InvalidSoftMatch": the anchor did not match, so this is another one. Resiliency makes a quarantined
        # user of it instead.
        if not cloud.switch(quarantine):
            raise Refused("InvalidSoftMatch", _unable("the object found holds another source anchor"))
        return Match(NEW, note="InvalidSoftMatch")
    return Match(SOFT, candidate)


def _alike(cloud: Cloud, incoming: Incoming) -> tuple[Record | None, str]:
    """The user with the primary address, then the one with the UPN; and the switch that quarantines such a conflict."""
    if incoming.primary:
        refuse_other_type(cloud, incoming)
        found = cloud.user_with_address(incoming.primary)
        if found:
            return found, "quarantineUponProxyAddressesConflictEnabled"
    if incoming.upn and cloud.switch("softMatchOnUpnEnabled"):
        # facts §7: no cloud user has a UPN of a domain that is not verified, so that such a one finds nobody.
        return cloud.user_named(incoming.upn), "quarantineUponUpnConflictEnabled"
    return None, ""


def match_other(cloud: Cloud, incoming: Incoming) -> Match:
    """facts §2: mail-enabled groups and contacts are soft matched only, by the primary address. Raises Refused."""
    joined = cloud.other_with_anchor(incoming.kind, incoming.anchor)
    if joined:
        return Match(UPDATE, joined)
    if not incoming.primary or cloud.switch("blockSoftMatchEnabled"):
        return Match(NEW)
    refuse_other_type(cloud, incoming)
    found = cloud.other_with_address(incoming.primary)
    if found is None or found[1].get("lab", {}).get("anchor"):
        return Match(NEW)
    return Match(SOFT, found[1])


def refuse_other_type(cloud: Cloud, incoming: Incoming) -> None:
    """facts §2, ObjectTypeMismatch: an object of another type holds the address of the soft match."""
    address = incoming.primary or ""
    other = cloud.other_with_address(address)
    holder = other[0] if other else "user" if cloud.user_with_address(address) else incoming.kind
    if holder != incoming.kind:
        raise Refused("ObjectTypeMismatch", _unable(f"a {holder} holds the address {address} of this {incoming.kind}"))


def _unable(why: str) -> str:
    return f"Unable to update this object in Microsoft Entra ID: {why}."
