# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is notable about the match of one AD user with one cloud user, besides the anchor."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from ..core.accepted_effects import (
    ACCOUNT_DISABLED,
    ADDRESSES_REMOVED,
    ATTRIBUTES_OVERWRITTEN,
    DIFFERENT_PERSON,
    GUEST,
    PASSWORD_REPLACED,
    PRIMARY_ADDRESS_CHANGED,
    SIGN_IN_NAME_CHANGED,
    Effect,
)
from ..core.attribute_map import DISABLED, OVERWRITTEN, Overwrite, by_key
from ..core.cloud_user import CloudUser
from ..core.identities.addresses import lost_addresses
from ..core.records import AdUser
from ..core.text.counts import amount, plural
from ..core.text.sentences import join_names
from ..entra.snapshot_user import SnapshotUser
from .overwrites import REPLACED

_PASSWORD = Effect(PASSWORD_REPLACED)
_OVERWRITTEN = Effect(ATTRIBUTES_OVERWRITTEN)


def list_effects(ad: AdUser, cloud: SnapshotUser, changes: Sequence[Overwrite]) -> tuple[Effect, ...]:
    """Return the effects of joining ``cloud`` for the first time. ``changes``: what ``overwrites`` returned for them.

    An effect that cannot be told, because a value was not read or is empty on one side, is left out. Only addresses
    count as removed if AD has none at all, because Microsoft's pages contradict each other (facts §2).
    """
    return tuple(_effects(ad, cloud, {each.attribute: each for each in changes}))


def _effects(ad: AdUser, cloud: SnapshotUser, changes: Mapping[str, Overwrite]) -> Iterator[Effect]:
    name, upn = ad.name, ad.user_principal_name
    for key, sentence in (
        (DIFFERENT_PERSON, _describe_person(name, ad, cloud)),
        (GUEST, _describe_guest(cloud.user) if cloud.is_guest else None),
        (ACCOUNT_DISABLED, _describe_disabled(name, changes.get("enabled"))),
        (SIGN_IN_NAME_CHANGED, _describe_sign_in(changes.get("user_principal_name"))),
        (PRIMARY_ADDRESS_CHANGED, _describe_primary(name, changes.get("mail"))),
        (ADDRESSES_REMOVED, _describe_removed(name, _lost(ad, cloud.user), ad)),
    ):
        if sentence:
            yield Effect(key, upn, f"{sentence}, or add the UPN to {key} in accepted_effects.")
    if changes.get("password", _NO_CHANGE).effect == REPLACED:
        yield _PASSWORD
    if any(each.effect == OVERWRITTEN and each.attribute not in _NAMED for each in changes.values()):
        yield _OVERWRITTEN


_NAMED = ("enabled", "user_principal_name", "mail", "proxy_addresses")
"""Attributes whose change is an effect of its own."""
_NO_CHANGE = Overwrite("", None, None, "")


def _lost(ad: AdUser, cloud: CloudUser) -> list[str]:
    return lost_addresses(ad.proxy_addresses or (), ad.mail, cloud.user_principal_name, cloud.proxy_addresses)


def _describe_person(name: str, ad: AdUser, cloud: SnapshotUser) -> str | None:
    ours, theirs = by_key(ad.sent) if ad.sent else {}, by_key(cloud.attributes) if cloud.attributes else {}
    ids = ours.get("employee_id"), theirs.get("employee_id")
    what = None
    if all(ids) and _folded(ids[0]) != _folded(ids[1]):
        what = f"employee ids {ids[0]} and {ids[1]}"
    elif _names_differ(ours, theirs):
        what = f"names {_full_name(ours)} and {_full_name(theirs)}"
    if what is None:
        return None
    return (
        f"The AD account {name} and the cloud user {cloud.user.name} seem to belong to two people (AD and Entra ID "
        f"have the {what}). Find out whether they are the same person, then correct one of them, remove the user from "
        "the scope"
    )


def _names_differ(ours: Mapping[str, str | None], theirs: Mapping[str, str | None]) -> bool:
    """Return whether neither part of the name agrees. Parts may be exchanged; one that a side lacks says nothing."""
    both = [key for key in ("given_name", "surname") if ours.get(key) and theirs.get(key)]
    if not both:
        return False
    mine, other = ({_folded(side.get(key)) for key in ("given_name", "surname")} - {""} for side in (ours, theirs))
    return not mine & other


def _full_name(side: Mapping[str, str | None]) -> str:
    return " ".join(part for key in ("given_name", "surname") if (part := side.get(key)))


def _folded(text: str | None) -> str:
    """Return a name without case, accents and the spaces around it."""
    decomposed = unicodedata.normalize("NFKD", text or "")
    return "".join(each for each in decomposed if not unicodedata.combining(each)).casefold().strip()


def _describe_guest(cloud: CloudUser) -> str:
    return f"{cloud.name} is a guest in Entra ID. Remove the user from the scope"


def _describe_disabled(name: str, change: Overwrite | None) -> str | None:
    if change is None or change.effect != DISABLED:
        return None
    return (
        f"The AD account of {name} is disabled, so a sync would disable the cloud user, who could no longer sign in. "
        "Enable the AD account, remove the user from the scope"
    )


def _describe_sign_in(change: Overwrite | None) -> str | None:
    if change is None or change.effect != OVERWRITTEN:
        return None
    return (
        f"A sync would change the sign-in name of {change.cloud} to {change.ad}. Correct the UPN in Active Directory, "
        "remove the user from the scope"
    )


def _describe_primary(name: str, change: Overwrite | None) -> str | None:
    if change is None or change.effect != OVERWRITTEN:
        return None
    return (
        f"A sync would change the primary address of {name} from {change.cloud} to {change.ad}. Correct mail and "
        "proxyAddresses in Active Directory, remove the user from the scope"
    )


def _describe_removed(name: str, lost: Sequence[str], ad: AdUser) -> str | None:
    if not lost:
        return None
    would = "would" if ad.mail or ad.proxy_addresses else "might"
    return (
        f"A sync {would} remove {amount(len(lost), 'address', 'addresses')} of {name} in Entra ID "
        f"({join_names(lost)}). Add {plural(len(lost), 'it', 'them')} to proxyAddresses in Active Directory, remove "
        "the user from the scope"
    )
