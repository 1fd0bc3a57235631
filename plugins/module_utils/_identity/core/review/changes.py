# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reviewed plan shows of each user, and how the fresh plan is compared with it.

A reviewed plan only selects changes of the fresh plan. Nothing of it is ever written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..errors import InputError
from ..identities.comparison import entra_key
from ..run_files.user_records import WriteRecord

Upns: TypeAlias = tuple[str | None, str | None]
"""The user principal names of an AD user and of a cloud user, as ``upns_of`` returns them."""

Held: TypeAlias = tuple[str, str, str | None]
"""An attribute, the id of its object, and the value that it has now."""


def upns_of(ad: str | None, cloud: str | None) -> Upns:
    """Return two user principal names in the form in which they are compared; None for one that there is not."""
    first, second = (None if upn is None else entra_key(upn) for upn in (ad, cloud))
    return first, second


@dataclass(frozen=True, slots=True)
class Write:
    """A value of one object that changes.

    ``id``: the objectGUID of an AD object, the name of a new one, or the object id of a cloud user.
    """

    attribute: str
    id: str
    before: str | None
    after: str | None


def list_write_records(writes: Iterable[Write]) -> list[WriteRecord]:
    """Return values that change as plan and result files keep them."""
    return [WriteRecord(attribute=each.attribute, id=each.id, before=each.before, after=each.after) for each in writes]


def read_writes(records: Iterable[WriteRecord]) -> Iterator[Write]:
    """Return the values of a file that a run of ours wrote."""
    return (Write(each["attribute"], each["id"], each["before"], each["after"]) for each in records)


def hash_writes(writes: Iterable[Write]) -> bytes:
    """Return a hash of values that change, whatever their order: large plans have too many to keep them."""
    values = {json.dumps([each.attribute, each.id, each.before, each.after]) for each in writes}
    return hashlib.sha256("\n".join(sorted(values)).encode()).digest()


@dataclass(frozen=True, slots=True)
class ReviewedUser:
    """One user of a reviewed plan: the two objects, what a sync would do, and the values that change.

    ``key`` is by what the plan knows the user. ``objects`` are the ids of the user's own objects. ``effects`` has the
    causes of effects. ``writes`` has also the changes of a user who was refused only because of them. ``name`` is for
    sentences. ``upns`` are the names that the reviewer saw: ids tell a person nothing, so a plan could show the ids of
    one user with the names of another. ``shown`` is what ``list_shown_values`` returned.
    """

    name: str
    key: str
    objects: frozenset[str]
    cloud_id: str | None
    outcome: str | None
    effects: frozenset[str]
    writes: frozenset[Write]
    upns: Upns = (None, None)
    shown: frozenset[str] = frozenset()

    def list_differences(
        self,
        cloud_id: str | None,
        outcome: str | None,
        effects: Collection[str],
        writes: Collection[Write],
        upns: Upns = (None, None),
        shown: frozenset[str] = frozenset(),
    ) -> list[str]:
        """Return in words what of a change of the fresh plan is not in this one; empty if all of it is.

        Values that are in effect already are missing in the fresh plan, which is no difference.
        """
        found = {
            "the cloud user": cloud_id != self.cloud_id,
            "the user principal names": upns != self.upns,
            "the outcome": outcome != self.outcome,
            "the effects": set(effects) != self.effects,
            "the values": not self.writes.issuperset(writes) or not self.shown.issuperset(shown),
        }
        return [what for what, differs in found.items() if differs]

    def accepts(self, cloud_id: str | None, effects: Collection[str], shown: frozenset[str] = frozenset()) -> bool:
        """Return whether the plan shows all these effects, with these values, for a match with this cloud user."""
        return cloud_id == self.cloud_id and self.effects.issuperset(effects) and self.shown.issuperset(shown)

    def is_in_effect(self, held: Collection[Held]) -> bool:
        """Return whether the AD user and the cloud user have the values that the plan gives them.

        Other objects, such as a user who was in the recycle bin, do not matter then.
        """
        own = [write for write in self.writes if write.id in self.objects]
        return bool(own) and all((write.attribute, write.id, write.after) in held for write in own)


@dataclass(frozen=True)
class Review:
    """A reviewed plan. ``tenant`` and ``domain`` are ids. ``users`` are by their keys.

    ``made``: the object ids of cloud users by the keys of AD users whose accounts this run made from another reviewed
    plan. What is planned for these pairs counts as reviewed.
    """

    tenant: str | None
    domain: str | None
    users: Mapping[str, ReviewedUser]
    made: Mapping[str, str] = field(default_factory=dict)

    def check_place(self, tenant: str | None, domain: str) -> None:
        """Check that the plan is for this tenant and this domain.

        :raises InputError: if it is for another one.
        """
        for what, now, then in (("tenant", tenant, self.tenant), ("domain", domain, self.domain)):
            if now != then:
                raise InputError(
                    f"The reviewed plan was made for the {what} {then}, but this task is connected to {now}; use a "
                    "plan that was made for it."
                )
