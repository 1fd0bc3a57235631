# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of ad_user did, as a sentence and as an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._identity.accounts.changes import AccountChange, count_scope
from ..._identity.accounts.proposals import CHANGED_SINCE, AccountPlan
from ..._identity.core.errors import IdentityError, UnexpectedError
from ..._identity.core.outcomes import FAILED
from ..._identity.core.text.counts import amount, plural
from ..._identity.core.text.log_reasons import log_reason
from ..._identity.core.text.sentences import join_reasons
from ..session.errors import LdapError


@dataclass(frozen=True)
class Outcome:
    """What a run did. ``plan`` has the changes with their outcomes, as planned if nothing was tried.

    ``domain``: the domain's GUID, None if it was not needed. ``tried``: whether the plan was carried out. ``broken`` is
    the error that stopped that.
    """

    plan: AccountPlan
    domain: str | None
    tried: bool
    warnings: Sequence[str]
    broken: IdentityError | None = None

    @property
    def verdict(self) -> str:
        """Why the plan may not be carried out, or who was not written; empty if there is nothing to say."""
        if not self.tried:
            return self.plan.decided.verdict
        missed = self._missed()
        if not missed and self.broken is None:
            return ""
        done = sum(change.changed for change in self.plan.changes)
        reasons = [(change.name, log_reason(change.reason, change.cause) or "") for change in missed]
        why = self.broken.message if self.broken else join_reasons(reasons, "the result")
        return (
            f"Of {amount(count_scope(self.plan.changes), 'account')}, {done} {plural(done, 'was', 'were')} written and "
            f"{len(missed)} {plural(len(missed), 'was', 'were')} not: {why} The result shows which users were written. "
            "Run the task again to write the rest."
        )

    def error(self, details: Mapping[str, Any]) -> IdentityError:
        """Return the error of a run whose verdict is not empty. ``details`` is the module's result."""
        if isinstance(self.broken, UnexpectedError):
            return UnexpectedError(self.broken.origin, **details)
        if not self.tried:
            return IdentityError(self.verdict, **details)
        cause = self.broken.details.get("cause") if self.broken else self._missed()[0].cause
        return LdapError(self.verdict, cause or FAILED, **details)

    def _missed(self) -> list[AccountChange]:
        """Return those whom the plan has and who were not written."""
        return [change for change in self.plan.changes if change.status == FAILED or change.cause == CHANGED_SINCE]
