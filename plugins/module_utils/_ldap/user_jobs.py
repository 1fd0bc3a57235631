# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ad_user_guid can be asked for: users to read or stamp, values of the cloud to stamp, a run to take back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_lookup import (
    Identity,
    guid_identity,
    read_identities,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchor_holders import refuse_held
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchor_wishes import (
    AnchorWish,
    read_anchor_wishes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import CONSISTENCY_GUID
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import Journal
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback import chosen_lines, run_names, undos
from ansible_collections.hybrid.identity.plugins.module_utils._identity.stamp_plan import (
    plan_restores,
    plan_stamps,
    plan_wishes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.user_lookup import Lookup, Search


class Job(Protocol):
    """A job; ``yields`` says that any value which somebody else writes first is as good as the planned one."""

    yields: bool

    def planned(self, lookup: Lookup) -> list[AdUser]:
        """Find the users and decide for each.

        :raises LdapError: if the directory cannot be asked.
        """


class QueryJob:
    """Identities, or a search; with ``stamp``, to be stamped with their own GUIDs."""

    yields = True

    def __init__(self, query: Mapping[str, Any], stamp: bool) -> None:
        """Check what needs no network.

        :raises InputError: for a malformed identity, filter or suffix.
        """
        asked = query["identities"]
        self._wanted: list[Identity] | Search
        self._wanted = Search.from_params(query) if asked is None else read_identities(asked)
        self._stamp = stamp

    def planned(self, lookup: Lookup) -> list[AdUser]:
        wanted = self._wanted
        users = lookup.searched(wanted) if isinstance(wanted, Search) else lookup.asked(wanted)
        return plan_stamps(users) if self._stamp else users


class CloudJob:
    """Records of cloud users whose ImmutableIds are to be stamped; ``overwrite`` allows another value to go."""

    yields = False

    def __init__(self, records: Sequence[Mapping[str, Any]], overwrite: bool) -> None:
        """Check what needs no network.

        :raises InputError: if a record names nobody.
        """
        self._wishes = read_anchor_wishes(records)
        self._overwrite = overwrite

    def planned(self, lookup: Lookup) -> list[AdUser]:
        found = iter(lookup.asked([wish.identity for wish in self._wishes if not wish.refusal]))
        users = [
            _refused(wish, lookup) if wish.refusal else replace(next(found), known=wish.known) for wish in self._wishes
        ]
        users = plan_wishes(users, self._wishes, self._overwrite)
        return refuse_held(users, lookup.holders(users))


@dataclass(frozen=True)
class RollbackJob:
    """The values that a run of a journal changed are to be put back; ``rollback`` names the run."""

    journal: Journal
    rollback: str
    yields = False

    def runs(self) -> list[str]:
        """The runs that are taken back.

        :raises InputError: if there is no such run.
        """
        return run_names(chosen_lines(self.journal, self.rollback, (CONSISTENCY_GUID,), ("domain", None)))

    def planned(self, lookup: Lookup) -> list[AdUser]:
        wanted = undos(chosen_lines(self.journal, self.rollback, (CONSISTENCY_GUID,), ("domain", lookup.domain)))
        found = lookup.asked([guid_identity(undo.id) for undo in wanted])
        users = [
            replace(user, known={"user_principal_name": undo.user_principal_name})
            for user, undo in zip(found, wanted, strict=True)
        ]
        users = plan_restores(users, wanted)
        # What is another's objectGUID was so before the run too; only what somebody was given since is in the way.
        return refuse_held(users, lookup.holders(users), (CONSISTENCY_GUID,))


def _refused(wish: AnchorWish, lookup: Lookup) -> AdUser:
    user = replace(lookup.unknown(wish.identity), known=wish.known)
    return user.refused(wish.refusal.cause, wish.refusal.reason) if wish.refusal else user
