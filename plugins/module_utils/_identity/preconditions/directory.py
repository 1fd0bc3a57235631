# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the account that signed in to Active Directory may do, and what the forest is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..accounts.values import MANAGER, WRITTEN
from ..core.identities.comparison import ad_key
from ..core.text.counts import amount
from ..core.text.sentences import join_names
from .checks import ACCOUNTS, HARD_MATCH, UPN_SUFFIXES, Check, fine, unknown, wrong

SUFFIX_RIGHT, CREATE_RIGHT, VALUES_RIGHT, ANCHOR_RIGHT = (
    "ad_write_upn_suffixes",
    "ad_create_users",
    "ad_write_accounts",
    "ad_write_consistency_guid",
)
FOREST, SUFFIXES = "ad_forest", "ad_upn_suffixes"

SUFFIX_ATTRIBUTE, ANCHOR_ATTRIBUTE, USER_CLASS = "uPNSuffixes", "mS-DS-ConsistencyGuid", "user"


@dataclass(frozen=True)
class Rights:
    """What the account that signed in may do with an object (facts §23). Attributes and classes are in small letters.

    ``known``: the attributes that the object can have, ``writable``: those that the account may write. ``classes``: the
    classes of the objects that it may create below. All are empty if the server shows none of them.
    """

    name: str
    known: frozenset[str] = frozenset()
    writable: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()

    def lacks(self, attributes: Sequence[str]) -> list[str]:
        """Return those of these attributes that the object can have and the account may not write."""
        return [each for each in attributes if each.lower() in self.known and each.lower() not in self.writable]


def check_suffix_right(rights: Rights) -> Check:
    """Check that ``uPNSuffixes`` of the forest may be written."""
    if SUFFIX_ATTRIBUTE.lower() in rights.writable:
        return fine(SUFFIX_RIGHT, f"The account may write {SUFFIX_ATTRIBUTE} of {rights.name}.")
    return wrong(
        SUFFIX_RIGHT,
        f"The account may not write {SUFFIX_ATTRIBUTE} of {rights.name}.",
        f"Delegate the right to write {SUFFIX_ATTRIBUTE} there, or remove the stage {UPN_SUFFIXES} and let an "
        "Enterprise Admin add the suffixes.",
    )


def check_create_right(rights: Rights) -> Check:
    """Check that users may be created in an organizational unit."""
    if USER_CLASS in rights.classes:
        return fine(CREATE_RIGHT, f"The account may create users in {rights.name}.")
    return wrong(
        CREATE_RIGHT,
        f"The account may not create users in {rights.name}.",
        "Delegate the right to create user objects there, or set accounts_path to another organizational unit.",
    )


def no_path(path: str | None) -> Check:
    """Return the check of an organizational unit that is not there; None if none is named."""
    advice = "Set accounts_path or accounts_path_by to an organizational unit that exists."
    if path is None:
        return wrong(CREATE_RIGHT, "No organizational unit is set for new accounts.", advice)
    return wrong(CREATE_RIGHT, f"There is no {path}, which is set for new accounts.", advice)


def check_values_right(path: str, users: Sequence[Rights]) -> Check:
    """Check that the values that the stage ``accounts`` fills may be written. ``users``: some of those below a path."""
    if not users:
        return unknown(
            VALUES_RIGHT,
            f"There is no account below {path} yet, so it is unknown whether the values of accounts may be written.",
            "Run the doctor again after the first accounts are created.",
        )
    if not any(user.known for user in users):
        return unknown(
            VALUES_RIGHT,
            f"The server does not show which attributes of {users[0].name} may be written.",
            "Check with the Active Directory tools that the account may write the attributes of accounts.",
        )
    lacking = _lacking(users, (*WRITTEN, MANAGER))
    if not lacking:
        return fine(
            VALUES_RIGHT, f"The account may write the values of accounts below {path} (accounts checked: {len(users)})."
        )
    attributes = list(dict.fromkeys(each for names in lacking.values() for each in names))
    return wrong(
        VALUES_RIGHT,
        f"The account may not write {', '.join(attributes)} of {amount(len(lacking), 'account')} below {path}, such "
        f"as {next(iter(lacking))} (accounts checked: {len(users)}).",
        "Delegate the right to write these attributes of user objects there.",
    )


def check_anchor_right(users: Sequence[Rights]) -> Check:
    """Check that ``mS-DS-ConsistencyGuid`` may be written. ``users``: some of those in scope."""
    if not users:
        return unknown(
            ANCHOR_RIGHT,
            f"No account in scope was found, so it is unknown whether {ANCHOR_ATTRIBUTE} may be written.",
            "Check the scope, and that the account may read the users in it.",
        )
    if not any(ANCHOR_ATTRIBUTE.lower() in user.known for user in users):
        return unknown(
            ANCHOR_RIGHT,
            f"The server does not show which attributes of {users[0].name} may be written.",
            f"Check with the Active Directory tools that the account may write {ANCHOR_ATTRIBUTE}.",
        )
    lacking = _lacking(users, [ANCHOR_ATTRIBUTE])
    if not lacking:
        return fine(ANCHOR_RIGHT, f"The account may write {ANCHOR_ATTRIBUTE} (users checked: {len(users)}).")
    return wrong(
        ANCHOR_RIGHT,
        f"The account may not write {ANCHOR_ATTRIBUTE} of {amount(len(lacking), 'user')}, such as "
        f"{next(iter(lacking))} (users checked: {len(users)}).",
        f"Delegate the right to write {ANCHOR_ATTRIBUTE} of user objects, or set hard_match_write_consistency_guid to "
        "never.",
    )


def check_forest(domains: Sequence[str], own: str) -> Check:
    """Say which other domains the forest has. ``own``: the DNS name of the domain of the server."""
    others = [each for each in domains if ad_key(each) != ad_key(own)]
    if not others:
        return fine(FOREST, f"{own} is the only domain of its forest.")
    return fine(
        FOREST,
        f"The forest has {amount(len(others), 'other domain')} ({join_names(others)}); a run matches only the users of "
        f"{own}.",
    )


def check_suffixes(
    wanted: Sequence[str], listed: Sequence[str], domains: Sequence[str], stages: Sequence[str]
) -> Check:
    """Check that AD accounts can have user principal names in the wanted domains.

    ``listed``: the forest's UPN suffixes. ``domains``: the names of its domains, which are suffixes too (facts §7).
    """
    known = {ad_key(each) for each in (*listed, *domains)}
    missing = [each for each in wanted if ad_key(each) not in known]
    if not missing:
        return fine(
            SUFFIXES, f"The forest has the UPN suffixes {', '.join(wanted)}." if wanted else "No domain is set."
        )
    if UPN_SUFFIXES in stages:
        return fine(SUFFIXES, f"The stage {UPN_SUFFIXES} will add the UPN suffixes {', '.join(missing)}.")
    if not {ACCOUNTS, HARD_MATCH} & set(stages):
        return fine(
            SUFFIXES, f"The forest lacks the UPN suffixes {', '.join(missing)}, but no stage of this run needs them."
        )
    return wrong(
        SUFFIXES,
        f"The forest lacks the UPN suffixes {', '.join(missing)}, so accounts cannot have user principal names "
        "with them.",
        f"Add the stage {UPN_SUFFIXES}, or correct hybrid_identity_domains.",
    )


def _lacking(users: Sequence[Rights], attributes: Sequence[str]) -> Mapping[str, list[str]]:
    """Return by the name of each user the attributes that may not be written."""
    found = {user.name: user.lacks(attributes) for user in users}
    return {name: lacking for name, lacking in found.items() if lacking}
