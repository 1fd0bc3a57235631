# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows if an aspect of a tenant, or of AD, could not be read: one table for the preflight and for the writer.

What protects administrators refuses. What could change a single user's outcome makes that outcome unknown. What most
apps cannot read is a caveat of the run, said once, and users keep their outcome.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..core.accepted_effects import PROTECTED_ACCOUNTS
from ..core.refusal import Refusal
from .tenant_snapshot import (
    ANCHOR_CLAIMS,
    APP_OWNERS,
    ASPECTS,
    CONTACTS,
    DELETED_USERS,
    DOMAINS,
    GROUPS,
    OBJECT_IDENTIFIERS,
    PERMISSIONS,
    ROLE_ASSIGNMENTS,
    ROLE_ELIGIBILITY,
    ROLE_GROUPS,
    SOURCE_OF_AUTHORITY,
    SWITCHES,
)

CAVEAT, REFUSED, UNKNOWN = "caveat", "refused", "unknown"

EFFECTS: Mapping[str, str] = {
    DELETED_USERS: UNKNOWN,
    DOMAINS: UNKNOWN,
    SWITCHES: CAVEAT,
    ROLE_ASSIGNMENTS: REFUSED,
    ROLE_ELIGIBILITY: REFUSED,
    ROLE_GROUPS: REFUSED,
    APP_OWNERS: CAVEAT,
    OBJECT_IDENTIFIERS: UNKNOWN,
    SOURCE_OF_AUTHORITY: CAVEAT,
    CONTACTS: UNKNOWN,
    GROUPS: UNKNOWN,
    ANCHOR_CLAIMS: REFUSED,
    PROTECTED_ACCOUNTS: REFUSED,
}
"""What an unread aspect does to the users whom it concerns."""

_WORDS = {
    DELETED_USERS: "deleted users",
    DOMAINS: "domains",
    OBJECT_IDENTIFIERS: "onPremisesObjectIdentifier",
    CONTACTS: "contacts",
    GROUPS: "groups",
    ROLE_ASSIGNMENTS: "role assignments",
    ROLE_ELIGIBILITY: "who is eligible for a role (PIM)",
    ROLE_GROUPS: "role-assignable groups",
    ANCHOR_CLAIMS: "whether another object has the anchor",
    PROTECTED_ACCOUNTS: "whether the account is protected",
}
_IN_AD = (ANCHOR_CLAIMS, PROTECTED_ACCOUNTS)
_CAVEATS = {
    SWITCHES: "The app may not read the switches of the tenant, so one of them might prevent matches. Set "
    "tenant_switches to the values that a Global Administrator can read, or grant the app {permission}.",
    APP_OWNERS: "It is unknown who owns the app that signs in, so one of these users might be an owner, who can act as "
    "the app. Grant the app {permission}, and set client_id.",
    SOURCE_OF_AUTHORITY: "It is unknown whether the cloud is the source of authority of one of these users. Such a "
    "user takes no values from AD. Grant the app {permission}.",
}
NO_PIM = (
    "The tenant has no licence for Privileged Identity Management (Entra ID P2 or Entra ID Governance), so no user is "
    "eligible for a role through PIM."
)


def that(effect: str, aspects: Collection[str]) -> tuple[str, ...]:
    """Return those of the aspects that have this effect, in the order of ASPECTS."""
    return tuple(aspect for aspect in ASPECTS if aspect in aspects and EFFECTS[aspect] == effect)


def refusal(unread: Collection[str]) -> Refusal | None:
    """Return why nobody may be matched if these aspects could not be read; None if none of them refuses.

    The sentence is the same for all users, so that a message needs it only once.
    """
    missing = that(REFUSED, unread)
    if not missing:
        return None
    sentences = []
    in_entra, in_ad = _by_directory(missing)
    if in_entra:
        sentences.append(
            f"The app may not read {_named(in_entra)}, so it is unknown whether this user is an administrator. Grant "
            f"the app {_rights(in_entra)}, or add {' and '.join(in_entra)} to skip_checks."
        )
    if in_ad:
        sentences.append(
            f"Active Directory did not show {_named(in_ad)}. Sign in with an account that may read all objects and the "
            f"access control list of the domain, or add {' and '.join(in_ad)} to skip_checks."
        )
    return Refusal(f"unread_{missing[0]}", " ".join(sentences))


def caveats(unread: Collection[str], skipped: Collection[str]) -> list[str]:
    """Return a sentence for each caveat of a run, with the permission or the option that ends it.

    ``unread`` are the aspects that could not be read and concern at least one user. ``skipped`` are the checks that the
    caller skips: what a skipped check would have stopped is a caveat.
    """
    found = [
        _CAVEATS[aspect].format(permission=PERMISSIONS[aspect])
        for aspect in that(CAVEAT, unread)
        if aspect not in skipped
    ]
    waived, waived_in_ad = _by_directory(that(REFUSED, set(unread) & set(skipped)))
    if waived:
        found.append(
            f"The app may not read {_named(waived)}, and skip_checks contains {' and '.join(waived)}, so one of these "
            f"users might be an administrator. Grant the app {_rights(waived)}."
        )
    if waived_in_ad:
        found.append(
            f"Active Directory did not show {_named(waived_in_ad)}, and skip_checks contains "
            f"{' and '.join(waived_in_ad)}, so a match might give a cloud user to the wrong AD account, or give away "
            "the account of an administrator. Sign in with an account that may read all objects and the access control "
            "list of the domain."
        )
    empty = that(UNKNOWN, set(unread) & set(skipped))
    if empty:
        found.append(
            f"The app may not read {_named(empty)}, and skip_checks contains {' and '.join(empty)}, so this check does "
            f"not prevent a match. Grant the app {_rights(empty)}."
        )
    return found


def _by_directory(aspects: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the aspects that Entra would tell, and those that Active Directory would."""
    return [each for each in aspects if each not in _IN_AD], [each for each in aspects if each in _IN_AD]


def _named(aspects: Collection[str]) -> str:
    return " and ".join(_WORDS[aspect] for aspect in aspects)


def _rights(aspects: Collection[str]) -> str:
    return " and ".join(dict.fromkeys(PERMISSIONS[aspect] for aspect in aspects))
