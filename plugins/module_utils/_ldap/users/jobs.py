# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs of ad_user_guid: read or stamp users, and stamp ImmutableIds from the cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from ..._identity.ad.anchor_holders import refuse_held
from ..._identity.ad.anchor_plan import plan_requests, plan_stamps
from ..._identity.ad.anchor_requests import AnchorRequest, read_anchor_requests
from ..._identity.ad.lookup import Identity, read_identities
from ..._identity.ad.protection import ProtectionTerms, gives_anchor, refuse_protected
from ..._identity.ad.users import AnchorChange
from .lookup import Lookup, Search


class Job(Protocol):
    """A job.

    ``yields``: whether a value that another writer sets first is accepted in place of the planned one. ``writes``:
    whether it plans to write. ``stamps``: whether it gives accounts new anchors, so that their protection must be
    known.
    """

    yields: bool
    writes: bool
    stamps: bool

    def plan(self, lookup: Lookup, terms: ProtectionTerms) -> list[AnchorChange]:
        """Find the users and return the change of each.

        :raises LdapError: if the directory cannot be read.
        """


class QueryJob:
    """Finds users by identities or by a search; with ``stamp``, plans to stamp them with their own GUIDs."""

    yields = True

    def __init__(self, query: Mapping[str, Any], stamp: bool) -> None:
        """Check the options without using the network.

        :raises InputError: if an identity, a filter or a suffix is malformed.
        """
        asked = query["identities"]
        self._wanted: list[Identity] | Search
        self._wanted = Search.from_params(query) if asked is None else read_identities(asked)
        self.writes = self.stamps = stamp

    def plan(self, lookup: Lookup, terms: ProtectionTerms) -> list[AnchorChange]:
        wanted = self._wanted
        users = lookup.search(wanted) if isinstance(wanted, Search) else lookup.find(wanted)
        if not self.stamps:
            return users
        users = _unprotected(plan_stamps(users), lookup, terms)
        return refuse_held(users, lookup.find_holders(users))


class CloudJob:
    """Plans to stamp the ImmutableIds of cloud users' records; ``overwrite`` allows replacing another value."""

    yields = False
    writes = True
    stamps = True

    def __init__(self, records: Sequence[Mapping[str, object]], overwrite: bool) -> None:
        """Check the records without using the network.

        :raises InputError: if a record names no user.
        """
        self._requests = read_anchor_requests(records)
        self._overwrite = overwrite

    def plan(self, lookup: Lookup, terms: ProtectionTerms) -> list[AnchorChange]:
        found = iter(lookup.find([request.identity for request in self._requests if not request.refusal]))
        users = [
            _refused(request, lookup) if request.refusal else replace(next(found), known=request.known)
            for request in self._requests
        ]
        users = _unprotected(plan_requests(users, self._requests, self._overwrite), lookup, terms)
        return refuse_held(users, lookup.find_holders(users))


def _unprotected(users: Sequence[AnchorChange], lookup: Lookup, terms: ProtectionTerms) -> list[AnchorChange]:
    if terms.skipped or not any(map(gives_anchor, users)):
        return list(users)
    return refuse_protected(users, lookup.read_shield(), terms.accepted)


def _refused(request: AnchorRequest, lookup: Lookup) -> AnchorChange:
    user = replace(lookup.unknown(request.identity), known=request.known)
    return user.refused(request.refusal.cause, request.refusal.reason) if request.refusal else user
