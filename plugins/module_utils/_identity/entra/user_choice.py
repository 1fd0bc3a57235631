# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cloud users are wanted: conditions that must all hold, and the records of the users that meet them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.attribute_map import every_attribute, every_key, every_property
from ..core.identities.cloud_identity import CloudIdentity, identities_of
from ..core.identities.upn import read_domain, upn_suffix
from ..core.outcomes import FOUND, LEFT_OUT, NOT_FOUND
from ..core.records import ENTRA_KEYS, ENTRA_PROPERTIES, Record, entra_record
from ..core.text.counts import counted
from ..core.text.outcome_table import users_table
from ..core.text.sentences import join_sentences
from .graph_json import UNREADABLE

STATUSES = (FOUND, LEFT_OUT, NOT_FOUND)

MEMBER, GUEST = "member", "guest"
USER_TYPES = (MEMBER, GUEST)

CLOUD, SYNCED, FORMERLY_SYNCED = "cloud", "synced", "formerly_synced"
SYNC_STATES = (CLOUD, SYNCED, FORMERLY_SYNCED)
_STATE = {None: CLOUD, True: SYNCED, False: FORMERLY_SYNCED}
"""``onPremisesSyncEnabled`` has three values (facts §0.3)."""

PROPERTIES = tuple(dict.fromkeys((*ENTRA_PROPERTIES, *every_property(), "userType")))
EXPAND = "manager($select=id,userPrincipalName)"


@dataclass(frozen=True)
class Choice:
    """The conditions. ``domains``: UPN suffixes, as ``entra_key`` (empty: any). ``enabled``: None for both.

    ``members``: the ids of the members of the groups (None: no group was named).
    """

    domains: frozenset[str] = frozenset()
    user_types: frozenset[str] = frozenset({MEMBER})
    sync_states: frozenset[str] = frozenset({CLOUD})
    enabled: bool | None = None
    members: frozenset[str] | None = None

    def objection(self, record: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return why a user is not wanted: a cause, and the end of a sentence; None if the user is wanted."""
        if record.get(UNREADABLE):
            return "unreadable_user", f"cannot be read: {', '.join(record[UNREADABLE])} is not as Graph documents it"
        state = _STATE[record["sync_enabled"]]
        if record["user_type"] not in self.user_types:
            return "user_type", f"is a {record['user_type']}, and user_types names no such"
        if state not in self.sync_states:
            return "sync_state", f"is {_STATES[state]}, and sync_states names no such"
        if self.enabled is not None and record["enabled"] is not self.enabled:
            return "enabled", f"is {'enabled' if record['enabled'] else 'disabled'}"
        if self.domains and upn_suffix(record["user_principal_name"] or "") not in self.domains:
            return "domain", "is in none of the domains"
        if self.members is not None and record["id"] not in self.members:
            return "group", "is in none of the groups"
        return None


_STATES = {
    CLOUD: "a user of the cloud alone",
    SYNCED: "synchronised already",
    FORMERLY_SYNCED: "one who was synchronised once",
}


def read_domains(texts: Iterable[str]) -> frozenset[str]:
    """Return domains, given with or without ``@``, in the form in which they are compared.

    :raises InputError: if no cloud user can have one of them.
    """
    return frozenset(map(read_domain, texts))


def user_record(user: Mapping[str, Any], deleted: bool = False) -> Record:
    """Return an Entra record with the properties of the attribute map, ``user_type`` and ``manager``.

    ``user`` is Graph's JSON. Without ``userType``, the user counts as a member, because guests are marked.
    """
    manager = user.get("manager")
    named = {"id": manager["id"], "user_principal_name": manager.get("userPrincipalName")} if manager else None
    return {
        **entra_record(user, deleted),
        **every_attribute(user),
        "user_type": (user.get("userType") or MEMBER).lower(),
        "manager": named,
    }


def choose_listed(records: Iterable[Record], choice: Choice) -> list[Record]:
    """Return the users of a listing that are wanted, sorted by UPN."""
    wanted = [_result(record) for record in records if choice.objection(record) is None]
    return sorted(wanted, key=lambda record: (record["user_principal_name"] or "").casefold())


def choose_asked(identities: Sequence[CloudIdentity], records: Iterable[Record], choice: Choice) -> list[Record]:
    """Return one result for each identity, in order, also for users that do not exist or are not wanted."""
    index = {identity: record for record in records for identity in identities_of(record)}
    return [_choose(identity, index.get(identity), choice) for identity in identities]


def _choose(identity: CloudIdentity, record: Record | None, choice: Choice) -> Record:
    if record is None:
        reason = f"{identity} is not among the active cloud users; check the spelling."
        nobody = {**_NOBODY, identity.kind: identity.text}
        return {**_result(nobody, NOT_FOUND, "no_cloud_user", reason), "identity": identity.text}
    objection = choice.objection(record)
    if objection is None:
        return {**_result(record), "identity": identity.text}
    cause, text = objection
    reason = f"{record['user_principal_name']} {text}; leave the user out, or ask for it."
    return {**_result(record, LEFT_OUT, cause, reason), "identity": identity.text}


def _result(record: Record, status: str = FOUND, cause: str | None = None, reason: str | None = None) -> Record:
    return {**record, "status": status, "changed": False, "cause": cause, "reason": reason}


_KEYS = (*ENTRA_KEYS, *every_key(), "user_type", "manager")
_NOBODY: Record = {**dict.fromkeys(_KEYS), "proxy_addresses": []}


def build_result(users: Sequence[Record]) -> dict[str, Any]:
    """Return ``users``, ``summary`` and ``table`` of a module's result."""
    summary = counted((user["status"] for user in users), STATUSES)
    return {"users": list(users), "summary": summary, "table": users_table(users)}


def missing_sentence(users: Sequence[Record]) -> str | None:
    """Return one sentence about the identities that cannot be taken; None if there are none."""
    reasons = [user["reason"] for user in users if user["status"] != FOUND]
    if not reasons:
        return None
    return f"{len(reasons)} of {len(users)} users cannot be taken: {join_sentences(reasons)}"


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
