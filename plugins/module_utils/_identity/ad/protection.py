# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check that no protected AD account is changed for a match, unless the caller accepts that by its UPN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.accepted_effects import NOTHING_ACCEPTED, PRIVILEGED_AD_ACCOUNT, AcceptedEffects, protected_sentence
from .protected_accounts import Shield, why_kept_protected
from .users import AnchorChange


@dataclass(frozen=True)
class ProtectionTerms:
    """What the caller allows. ``skipped``: the caller vouches that no account of the list is protected."""

    accepted: AcceptedEffects = NOTHING_ACCEPTED
    skipped: bool = False


def gives_anchor(user: AnchorChange) -> bool:
    """Return whether a change writes a value, and does not only remove one."""
    return user.changed and bool(user.after)


def refuse_protected(users: Sequence[AnchorChange], shield: Shield, accepted: AcceptedEffects) -> list[AnchorChange]:
    """Refuse to give protected accounts an anchor, and return all users. Each needs ``ACCOUNT_ATTRIBUTES``.

    An anchor may always be taken away: that hands nobody over.
    """
    return [_checked(user, shield, accepted) for user in users]


def _checked(user: AnchorChange, shield: Shield, accepted: AcceptedEffects) -> AnchorChange:
    if not gives_anchor(user) or user.found is None:
        return user
    why = why_kept_protected(user.found.protection, shield)
    upn = user.found.user.user_principal_name or ""
    if why is None or accepted.covers(PRIVILEGED_AD_ACCOUNT, upn):
        return user
    return user.refused(PRIVILEGED_AD_ACCOUNT, protected_sentence(user.name, why))
