# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan is made for: the scope and the terms, as the caller wrote them and as a plan file keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._identity.core.accepted_effects import read_accepted_effects
from .._identity.core.decision import Terms
from .._identity.core.errors import InputError
from .._identity.core.identities.cloud_identity import read_upn
from .._identity.core.review.changes import Review
from .._identity.core.scope.exclusions import Exclusions, check_named_users, read_exclusions
from .._identity.entra.deleted_holders import read_deleted_holders
from .._identity.entra.tenant_snapshot import ALL_SWITCHES, SOFT_SWITCH
from .._identity.preflight.next_sync import NO_RUN, RunUsers
from .._ldap.users.scope import Scope
from .match_changes import Matching
from .partners import PRIMARY_SMTP, MatchBy

NOW = "now"

TERMS = (
    "exclude",
    "match_by",
    "source_anchor",
    "write_consistency_guid",
    "replace",
    "deleted_holders",
    "predict",
    "tenant_switches",
    "skip_checks",
    "allowed_outcomes",
    "accepted_effects",
    "max_changes",
    "max_refused",
)
"""The options that decide whom a plan changes, and how. A plan file keeps them."""


@dataclass(frozen=True)
class MatchTask:
    """A task of match_plan, checked.

    ``by`` says which cloud user an AD user is matched with. ``predict`` is ``after_apply`` or NOW. ``switches``: values
    of the tenant's switches that the caller gives. ``before``: the users of the run before a cycle.
    """

    scope: Scope
    exclusions: Exclusions
    source_anchor: str
    by: MatchBy
    matching: Matching
    terms: Terms
    predict: str
    switches: Mapping[str, bool]
    before: RunUsers = NO_RUN

    @property
    def is_cycle(self) -> bool:
        """Whether the plan says what a cycle of a server does, which processes excluded users like all others."""
        return self.predict == NOW and self.scope.filtering is not None


def read_task(
    scope: Mapping[str, Any],
    terms: Mapping[str, Any],
    mapping: Mapping[str, str] | None = None,
    review: Review | None = None,
    before: RunUsers = NO_RUN,
) -> MatchTask:
    """Read the options of match_plan, or what a plan file keeps of them.

    ``mapping`` has object ids of cloud users by dashed objectGUID, for ``match_by: mapping``.
    ``before`` is what ``read_run_users`` returned.

    :raises InputError: if an option is wrong.
    """
    for name, value in terms["tenant_switches"].items():
        if name not in ALL_SWITCHES:
            raise InputError(
                f"tenant_switches has the unknown feature {name!r}; write names as Graph does, such as {SOFT_SWITCH}."
            )
        if not isinstance(value, bool):
            raise InputError(f"tenant_switches: {name} is {value!r}; it must be true or false.")
    allowed = Terms(
        allowed_outcomes=frozenset(terms["allowed_outcomes"]),
        accepted=read_accepted_effects(terms["accepted_effects"]),
        skip_checks=frozenset(terms["skip_checks"]),
        max_changes=terms["max_changes"],
        max_refused=terms["max_refused"],
        review=review,
        only_reviewed=terms["match_by"] == PRIMARY_SMTP,
    )
    allowed.check()
    matching = Matching(
        write_consistency_guid=terms["write_consistency_guid"],
        replace=frozenset(read_upn(upn).key for upn in terms["replace"]),
        deleted=read_deleted_holders(terms["deleted_holders"]),
    )
    exclusions = read_exclusions(terms["exclude"])
    check_named_users(scope.get("users") or (), exclusions)
    return MatchTask(
        scope=Scope.from_option(scope),
        exclusions=exclusions,
        source_anchor=terms["source_anchor"],
        by=MatchBy(terms["match_by"], mapping or {}),
        matching=matching,
        terms=allowed,
        predict=terms["predict"],
        switches=terms["tenant_switches"],
        before=before,
    )
