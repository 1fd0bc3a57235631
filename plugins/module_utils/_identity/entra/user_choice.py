# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cloud users are wanted: conditions that must all hold, and what is returned of the users that meet them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from ..core.attribute_map import EVERY_KEY, every_attribute, every_property
from ..core.cloud_user import ENTRA_PROPERTIES, CloudRecord, CloudUser, make_cloud_user
from ..core.identities.cloud_identity import CloudIdentity
from ..core.identities.upn import read_domain, upn_suffix
from ..core.outcomes import FOUND, LEFT_OUT, NOT_FOUND
from ..core.scope.exclusions import exclusion_cause
from ..core.scope.named_object import NamedObject
from ..core.text.counts import amount, counted
from ..core.text.outcome_table import users_table
from ..core.text.sentences import join_sentences

STATUSES = (FOUND, LEFT_OUT, NOT_FOUND)

MEMBER, GUEST = "member", "guest"
USER_TYPES = (MEMBER, GUEST)

CLOUD, SYNCED, FORMERLY_SYNCED = "cloud", "synced", "formerly_synced"
SYNC_STATES = (CLOUD, SYNCED, FORMERLY_SYNCED)
_STATE = {None: CLOUD, True: SYNCED, False: FORMERLY_SYNCED}
"""``onPremisesSyncEnabled`` has three values (facts §0.3)."""

LICENCES = "assignedLicenses"
PROPERTIES = tuple(dict.fromkeys((*ENTRA_PROPERTIES, *every_property(), "userType", LICENCES)))
EXPAND = "manager($select=id,userPrincipalName)"


class Manager(TypedDict):
    """The manager of a user, as results name one."""

    id: str
    user_principal_name: str | None


@dataclass(slots=True)
class DescribedUser:
    """A cloud user with all values of the attribute map, as ``every_attribute`` returns them.

    ``licensed``: whether the user has a licence, also by a group; None: Graph does not say. ``mailbox``: what the
    user's mailbox is for; None if there is none, or if it was not read.
    """

    user: CloudUser
    attributes: Sequence[str | None]
    user_type: str
    manager: Manager | None
    licensed: bool | None = None
    mailbox: str | None = None

    @property
    def has_address(self) -> bool:
        """Whether the user can have a mailbox."""
        return bool(self.user.mail or self.user.proxy_addresses)


@dataclass(frozen=True)
class Objection:
    """Why a user is not wanted. ``text`` continues a sentence that begins with the user."""

    cause: str
    text: str


@dataclass(frozen=True)
class Choice:
    """The conditions. ``domains``: UPN suffixes, as ``entra_key`` (empty: any). ``enabled``: None for both.

    ``members``: the ids of the members of the groups (None: no group was named). ``excluded``: entries of ``exclude``
    by the identity of a user. ``with_unlicensed``: whether users without a licence are wanted.
    """

    domains: frozenset[str] = frozenset()
    user_types: frozenset[str] = frozenset({MEMBER})
    sync_states: frozenset[str] = frozenset({CLOUD})
    enabled: bool | None = None
    members: frozenset[str] | None = None
    excluded: Mapping[CloudIdentity, NamedObject] = field(default_factory=dict)
    with_unlicensed: bool = True

    def objection(self, found: DescribedUser) -> Objection | None:
        """Return why a user is not wanted; None if the user is."""
        return self.outside(found) or self.unfit(found)

    def outside(self, found: DescribedUser) -> Objection | None:
        """Return why a user is none of those whom the caller asks about; None if the user is one."""
        user = found.user
        state = _STATE[user.sync_enabled]
        if state not in self.sync_states:
            return Objection("sync_state", f"is {_STATES[state]}, which sync_states does not include")
        if self.enabled is not None and user.enabled is not self.enabled:
            return Objection("enabled", f"is {'enabled' if user.enabled else 'disabled'}")
        if self.domains and upn_suffix(user.user_principal_name or "") not in self.domains:
            return Objection("domain", "is in none of the domains")
        if self.members is not None and user.id not in self.members:
            return Objection("group", "is in none of the groups")
        return None

    def unfit(self, found: DescribedUser) -> Objection | None:
        """Return why one of those users is left out; None if the user is not."""
        user = found.user
        if user.unreadable:
            named = ", ".join(user.unreadable)
            return Objection("unreadable_user", f"cannot be read: {named} is not as Graph documents it")
        entry = next((self.excluded[each] for each in user.identities() if each in self.excluded), None)
        if entry:
            return Objection(exclusion_cause(entry), f"is excluded: {entry}")
        if found.user_type not in self.user_types:
            return Objection("user_type", f"is a {found.user_type}, which user_types does not include")
        if found.licensed is False and not self.with_unlicensed:
            return Objection("unlicensed", "has no licence, and include_unlicensed is false")
        if found.mailbox in SHARED_MAILBOXES:
            return Objection(f"{found.mailbox}_mailbox", f"has {SHARED_MAILBOXES[found.mailbox]}")
        return None


SHARED_MAILBOXES = {
    "shared": "a shared mailbox",
    "room": "the mailbox of a room",
    "equipment": "the mailbox of a piece of equipment",
}
"""The values of ``userPurpose`` of mailboxes that belong to no person, with words (facts §22)."""
_STATES = {
    CLOUD: "only in the cloud",
    SYNCED: "synchronised already",
    FORMERLY_SYNCED: "no longer synchronised",
}


def read_domains(texts: Iterable[str]) -> frozenset[str]:
    """Return domains, given with or without ``@``, in the form in which they are compared.

    :raises InputError: if no cloud user can have one of them.
    """
    return frozenset(map(read_domain, texts))


def make_described_user(
    user: Mapping[str, Any], deleted: bool = False, unreadable: Sequence[str] = ()
) -> DescribedUser:
    """Make a described user of Graph's JSON. ``unreadable`` names the properties that were taken out of it.

    Without ``userType``, the user counts as a member, because guests are marked.
    """
    manager, licences = user.get("manager"), user.get(LICENCES)
    return DescribedUser(
        make_cloud_user(user, deleted, unreadable),
        every_attribute(user),
        (user.get("userType") or MEMBER).lower(),
        Manager(id=manager["id"], user_principal_name=manager.get("userPrincipalName")) if manager else None,
        None if licences is None else bool(licences),
    )


def list_candidates(users: Iterable[DescribedUser], choice: Choice) -> list[DescribedUser]:
    """Return the users who are wanted as far as is known without their mailboxes, and who can have one."""
    return [each for each in users if each.has_address and choice.objection(each) is None]


def list_domains_without_users(users: Iterable[DescribedUser], choice: Choice) -> list[str]:
    """Return the domains of a choice, in lower case, that no user of a listing has, whatever else the user is."""
    return sorted(choice.domains - {upn_suffix(each.user.user_principal_name or "") for each in users})


def choose_listed(users: Iterable[DescribedUser], choice: Choice) -> list[dict[str, Any]]:
    """Return the users of a listing whom the caller asks about, sorted by UPN; some of them are left out."""
    listed = [_listed(each, choice) for each in users if choice.outside(each) is None]
    return sorted(listed, key=lambda result: (result["user_principal_name"] or "").casefold())


def choose_asked(
    identities: Sequence[CloudIdentity], users: Iterable[DescribedUser], choice: Choice
) -> list[dict[str, Any]]:
    """Return one result for each identity, in order, also for users that do not exist or are not wanted."""
    index = {identity: each for each in users for identity in each.user.identities()}
    return [{**_choose(identity, index.get(identity), choice), "identity": identity.text} for identity in identities]


def _listed(found: DescribedUser, choice: Choice) -> dict[str, Any]:
    objection = choice.unfit(found)
    # The same for all, so that a table has it only once.
    return _left_out(found, objection, f"The user {objection.text}.") if objection else _result(_described(found))


def _choose(identity: CloudIdentity, found: DescribedUser | None, choice: Choice) -> dict[str, Any]:
    if found is None:
        reason = f"{identity} is not among the active cloud users; check the spelling."
        return _result({**_NOBODY, identity.kind: identity.text}, NOT_FOUND, "no_cloud_user", reason)
    objection = choice.objection(found)
    if objection is None:
        return _result(_described(found))
    name = found.user.user_principal_name
    return _left_out(found, objection, f"{name} {objection.text}. Remove the user from the task, or change the option.")


def _left_out(found: DescribedUser, objection: Objection, reason: str) -> dict[str, Any]:
    unreadable = {"unreadable": list(found.user.unreadable)} if found.user.unreadable else {}
    return _result({**_described(found), **unreadable}, LEFT_OUT, objection.cause, reason)


def _described(found: DescribedUser) -> dict[str, Any]:
    return {
        **found.user.record(),
        **dict(zip(EVERY_KEY, found.attributes, strict=True)),
        "user_type": found.user_type,
        "manager": found.manager,
    }


def _result(
    described: Mapping[str, Any], status: str = FOUND, cause: str | None = None, reason: str | None = None
) -> dict[str, Any]:
    return {**described, "status": status, "changed": False, "cause": cause, "reason": reason}


_NOBODY: dict[str, Any] = {
    **dict.fromkeys((*CloudRecord.__annotations__, *EVERY_KEY, "user_type", "manager")),
    "proxy_addresses": [],
}


def build_result(users: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return ``users``, ``summary`` and ``table`` of a module's result."""
    summary = counted((user["status"] for user in users), STATUSES)
    return {"users": list(users), "summary": summary, "table": users_table(users)}


def missing_sentence(users: Sequence[Mapping[str, Any]]) -> str | None:
    """Return one sentence about the identities that cannot be taken; None if there are none."""
    reasons = [user["reason"] for user in users if user["status"] != FOUND]
    if not reasons:
        return None
    return f"{len(reasons):,} of {amount(len(users), 'user')} cannot be used: {join_sentences(reasons)}"


def default_filter(choice: Choice) -> str | None:
    """Return the part of a choice that Graph can filter without an "advanced query"; None if there is none.

    An advanced query cannot be combined with ``$expand``. Such queries are ``ne``, ``endsWith`` and a comparison with
    null (Microsoft, "Advanced query capabilities on directory objects"). The rest of the choice is made in this file.
    """
    conditions = []
    if choice.enabled is not None:
        conditions.append(f"accountEnabled eq {str(choice.enabled).lower()}")
    if choice.user_types == {GUEST}:
        conditions.append("userType eq 'Guest'")
    if choice.sync_states == {SYNCED}:
        conditions.append("onPremisesSyncEnabled eq true")
    return " and ".join(conditions) or None
