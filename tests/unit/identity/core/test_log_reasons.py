# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs say that a user is protected, and not what makes the user an administrator."""

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    PRIVILEGED_AD_ACCOUNT,
    Effect,
    protected_sentence,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.decision import Proposal, Terms, decide
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.outcomes import BLOCKED
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.refusal import Refusal
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.log_reasons import (
    PROTECTED,
    PROTECTIVE_CAUSES,
    log_reason,
    stays_disabled_reason,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.outcome_table import users_table
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_guards import _standing
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import RoleHolding
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.blocks import _role_block

SECRET = "Global Administrator"
HOLDINGS = [
    RoleHolding(how, name, privileged, group)
    for how, group in (("direct", None), ("eligible", None), ("member", SECRET), ("owner", SECRET), ("app_owner", None))
    for name in (SECRET, None)
    for privileged in (True, False, None)
]


@pytest.mark.parametrize("holding", HOLDINGS, ids=str)
def test_every_cause_that_tells_of_a_role_is_known(holding: RoleHolding) -> None:
    assert _role_block("anna", holding).cause in PROTECTIVE_CAUSES
    assert _standing(holding)[0] in PROTECTIVE_CAUSES


def test_only_the_why_is_left_out() -> None:
    assert log_reason("anna is a member of Tier 0.", "role_assignable_group") == PROTECTED
    assert log_reason("The UPN is taken.", "upn_taken") == "The UPN is taken."
    assert log_reason(None) is None
    whole = f"bob stays so, because {stays_disabled_reason('it belongs to a; an administrator must enable it b')}."
    assert "it belongs to a" in whole
    assert log_reason(whole) == "bob stays so, because the account is protected; an administrator must enable it."


def test_a_reason_that_was_cut_shows_no_why() -> None:
    cut = f"bob stays so{stays_disabled_reason('it belongs to ' + SECRET)}"[:82]
    assert SECRET in cut
    assert SECRET not in str(log_reason(cut))


def test_a_table_of_users_names_no_role() -> None:
    row = {"status": "refused", "user_principal_name": "anna@x.com", "cause": "admin_role", "reason": f"Is {SECRET}."}
    (*_counts, line) = users_table([row])
    assert line.endswith(f"anna@x.com: {PROTECTED}")


@pytest.mark.parametrize(
    "proposal",
    [
        Proposal("anna", "set", refusal=Refusal("admin_role", f"anna holds the role {SECRET}.")),
        Proposal("anna", "set", outcome=BLOCKED, outcome_cause="privileged_role", outcome_reason=f"Is {SECRET}."),
        Proposal(
            "anna",
            "set",
            effects=(Effect(PRIVILEGED_AD_ACCOUNT, "anna", protected_sentence("anna", f"it belongs to {SECRET}")),),
        ),
    ],
)
def test_a_verdict_names_no_role(proposal: Proposal) -> None:
    plan = decide([proposal], Terms(), "the plan")
    assert SECRET not in plan.verdict
    assert f"anna: {PROTECTED} Correct these users" in plan.verdict
    # The record still says why.
    assert plan.users[0].refusal
    assert SECRET in plan.users[0].refusal.reason


def test_a_verdict_names_other_reasons() -> None:
    plan = decide([Proposal("anna", "set", refusal=Refusal("upn_taken", "The UPN is taken."))], Terms(), "the plan")
    assert "anna: The UPN is taken. Correct these users" in plan.verdict
