# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users whom a plan changes, as its file says, and the verdict on what happened to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._identity.core.errors import InputError
from .._identity.core.outcomes import FAILED, REFUSED
from .._identity.core.review.changes import Upns, hash_writes, read_writes, upns_of
from .._identity.core.run_files.user_records import ChangeRecord, UserRecord, name_of
from .._identity.core.text.counts import amount, plural
from .._identity.core.text.log_reasons import log_reason
from .._identity.core.text.sentences import join_reasons
from .._identity.core.text.shared import shared
from .._identity.entra.deleted_holders import ATTRIBUTE as RECYCLE_BIN

_NO_EFFECTS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Planned:
    """A user whom a plan changes. ``guid`` and ``cloud_id`` name the two objects. ``effects`` are those it shows.

    ``writes_hash`` is a hash of the values that change. ``bin_ids`` are the ids of the users in the recycle bin among
    their objects. ``upns`` are the UPNs that the two objects had. ``future_upn``: the UPN that the cloud user would get
    by the next sync.
    """

    name: str
    guid: str
    cloud_id: str
    writes_hash: bytes
    bin_ids: tuple[str, ...]
    effects: frozenset[str]
    upns: Upns
    future_upn: str | None


@dataclass(frozen=True)
class Place:
    """Where a plan was made: the ids of the tenant and of the domain, and how many active users the tenant has."""

    tenant: str
    domain: str
    tenant_users: int


def list_planned(users: Iterable[UserRecord]) -> list[Planned]:
    """Return the users of a plan who change.

    :raises InputError: if one of them lacks an object that a change needs.
    """
    found = []
    for user in users:
        change = user["change"]
        if not change or not change["writes"]:
            continue
        ad, cloud = user["ad"], user["cloud"]
        if not ad or not cloud or not ad["object_guid"] or not cloud["id"]:
            raise InputError(f"The plan changes {name_of(user)} but does not identify the objects. Make a new plan.")
        writes = tuple(read_writes(change["writes"]))
        match, name = user["match"], name_of(user)
        upn, cloud_upn = upns_of(ad["user_principal_name"], cloud["user_principal_name"])
        found.append(
            Planned(
                name,
                ad["object_guid"],
                cloud["id"],
                hash_writes(writes),
                tuple(write.id for write in writes if write.attribute == RECYCLE_BIN),
                frozenset(match["effects"]) if match and match["effects"] else _NO_EFFECTS,
                (upn, shared(cloud_upn, upn)),
                shared(match["future_user_principal_name"], name) if match else None,
            )
        )
    return found


def describe_outcome(planned: Sequence[Planned], outcomes: Mapping[str, ChangeRecord], unproven: str | None) -> str:
    """Return the verdict: one sentence about the planned users who were not changed; empty if all were."""
    missed = [
        (each.name, str(log_reason(change["reason"], change["cause"])))
        for each in planned
        if (change := outcomes.get(each.guid)) and change["status"] in (REFUSED, FAILED)
    ]
    sentences = []
    if missed:
        sentences.append(
            f"{len(missed):,} of {amount(len(planned), 'planned user')} {plural(len(missed), 'was', 'were')} not "
            f"changed: {join_reasons(missed, 'the result file')} Correct them, then make a new plan."
        )
    if unproven:
        sentences.append(
            f"The ImmutableIds were written, but it is unknown whether another object has one of them now: {unproven} "
            "Make a new plan before the next sync."
        )
    return " ".join(sentences)
