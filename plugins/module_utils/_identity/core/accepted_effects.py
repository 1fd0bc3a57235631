# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Effects of a match, or of a new account, that are refused unless the caller accepts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .identities.comparison import entra_key
from .refusal import Refusal

PRIVILEGED_AD_ACCOUNT, FOREIGN_ANCHOR, DIFFERENT_PERSON = "privileged_ad_account", "foreign_anchor", "different_person"
ACCOUNT_DISABLED, GUEST = "account_disabled", "guest"
SIGN_IN_NAME_CHANGED, PRIMARY_ADDRESS_CHANGED = "sign_in_name_changed", "primary_address_changed"
ADDRESSES_REMOVED = "addresses_removed"
PASSWORD_REPLACED = "password_replaced"  # noqa: S105 - the name of an effect
ATTRIBUTES_OVERWRITTEN = "attributes_overwritten"

ALL = "all"
_ONE_BY_ONE = (PRIVILEGED_AD_ACCOUNT, FOREIGN_ANCHOR, DIFFERENT_PERSON)
_FOR_ALL = (
    *(ACCOUNT_DISABLED, GUEST, SIGN_IN_NAME_CHANGED, PRIMARY_ADDRESS_CHANGED, ADDRESSES_REMOVED),
    PASSWORD_REPLACED,
)
"""The effects that can be accepted for everybody at once."""
EFFECTS = (*_ONE_BY_ONE, *_FOR_ALL)
"""The effects that can be accepted."""

WORDS = {
    PRIVILEGED_AD_ACCOUNT: "protected AD account",
    FOREIGN_ANCHOR: "anchor of another object",
    DIFFERENT_PERSON: "different person",
    ACCOUNT_DISABLED: "cloud user disabled",
    GUEST: "guest",
    SIGN_IN_NAME_CHANGED: "sign-in name changed",
    PRIMARY_ADDRESS_CHANGED: "primary address changed",
    ADDRESSES_REMOVED: "addresses removed",
    PASSWORD_REPLACED: "password replaced",
    ATTRIBUTES_OVERWRITTEN: "attributes overwritten",
}
"""All effects, and what people call them."""

PROTECTED_ACCOUNTS = "protected_accounts"
"""The check of AD's protected accounts, as ``skip_checks`` names it."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect that the match, or the new account, of one user has. ``key`` is one of WORDS.

    ``upn`` is the one that the account has in the directory. ``reason`` is the sentence that refuses the user unless
    the effect is accepted for ``upn``. Without it, the effect is only counted.
    """

    key: str
    upn: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class AcceptedEffects:
    """The UPNs for which each effect is accepted, compared by ``entra_key``, and the effects that are for everybody."""

    upns: Mapping[str, frozenset[str]]
    for_all: frozenset[str] = frozenset()

    def covers(self, effect: str, upn: str | None) -> bool:
        return effect in self.for_all or (bool(upn) and entra_key(upn or "") in self.upns.get(effect, ()))

    def refuse(self, effects: Iterable[Effect]) -> Refusal | None:
        """Return the refusal by all effects that are not accepted, with the first one as its cause; None if all are."""
        refused = {each.key: each.reason for each in effects if each.reason and not self.covers(each.key, each.upn)}
        return Refusal(next(iter(refused)), " ".join(map(str, refused.values()))) if refused else None


NOTHING_ACCEPTED = AcceptedEffects({})


def read_accepted_effects(given: Mapping[str, Any] | None) -> AcceptedEffects:
    """Read the option ``accepted_effects``: lists of UPNs by effect. Some effects also take ``all``.

    :raises InputError: if an effect is unknown, or is not accepted by a list of UPNs.
    """
    for_all = frozenset(effect for effect, upns in (given or {}).items() if effect in _FOR_ALL and upns == ALL)
    listed = {effect: upns for effect, upns in (given or {}).items() if effect not in for_all}
    return AcceptedEffects({effect: _upns(effect, upns) for effect, upns in listed.items()}, for_all)


def protected_sentence(name: str, why: str) -> str:
    """Return the sentence that refuses a protected AD account; ``why`` says why it is, as a clause."""
    return (
        f"The AD account of {name} is protected, because {why}. Remove the user from the scope, or, if you want to "
        f"match this administrator, add the UPN to {PRIVILEGED_AD_ACCOUNT} in accepted_effects."
    )


def _upns(effect: str, upns: Any) -> frozenset[str]:
    if effect not in EFFECTS:
        raise InputError(f"accepted_effects has the unknown effect {effect!r}; use {' or '.join(EFFECTS)}.")
    if not isinstance(upns, list) or not all(isinstance(upn, str) and "@" in upn for upn in upns):
        if effect in _FOR_ALL:
            raise InputError(f"accepted_effects: {effect} is {upns!r}; it must be {ALL} or a list of UPNs.")
        raise InputError(
            f"accepted_effects: {effect} is {upns!r}. This effect can only be accepted for single users; use a "
            "list of UPNs."
        )
    return frozenset(map(entra_key, upns))
