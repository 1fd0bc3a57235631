# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind ad_upn_suffix: read the suffixes, plan, refuse, and write only the values that change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._identity.ad.suffix_plan import SuffixPlan, plan_suffixes, refuse_suffixes_in_use
from ..._identity.core.identities.comparison import ad_key
from ..._identity.core.text.diffs import list_diff
from ..session.connection import Session, connected
from ..session.errors import LdapError
from ..session.forest import NamingContexts, SuffixState, carriers, naming_contexts, read_suffixes
from ..session.modifications import OVERTAKEN
from ..session.options import LdapOptions

_ATTRIBUTE = "uPNSuffixes"
# These codes mean that a value was added or removed between our read and our write: read again and plan again.
_ATTEMPTS = 3


def manage_suffixes(
    params: Mapping[str, Any], suffixes: Sequence[str], state: str, *, force: bool = False, check_mode: bool = False
) -> dict[str, Any]:
    """Bring the forest's UPN suffixes into ``state`` and return the module's result.

    ``params`` holds the connection options. ``force`` also removes suffixes that users have in their UPNs.

    :raises InputError: if a suffix is not a DNS name, or if one in use would be removed.
    :raises LdapError: if the directory cannot be read, or if it refuses the write.
    """
    if state != "absent":
        plan_suffixes((), suffixes, (), state)  # refuse bad input before the directory is contacted
    options = LdapOptions.from_params(params, writes=True)
    with connected(options) as session:
        contexts = naming_contexts(session)
        plan = _settle(session, options, contexts, suffixes, state, force, check_mode)
    return {
        "changed": plan.changed,
        "suffixes": plan.after,
        "before": plan.before,
        "added": plan.add,
        "removed": plan.remove,
        "implicit": plan.implicit,
        "diff": list_diff(f"{_ATTRIBUTE} of {contexts.partitions}", plan.before, plan.after),
    }


def _settle(
    session: Session,
    options: LdapOptions,
    contexts: NamingContexts,
    suffixes: Sequence[str],
    state: str,
    force: bool,
    check_mode: bool,
) -> SuffixPlan:
    """Read, plan and write, and return the plan. Try again if the values changed meanwhile, ``_ATTEMPTS`` in all."""
    attempt = 1
    while True:
        current = read_suffixes(session, contexts)
        plan = plan_suffixes(current.listed, suffixes, current.domains, state)
        if not force:
            _refuse_in_use(session, options, contexts, current, plan)
        if check_mode or not plan.changed:
            return plan
        try:
            session.modify(contexts.partitions, {_ATTRIBUTE: _operations(plan)})
        except LdapError as error:
            if error.result_code not in OVERTAKEN or attempt == _ATTEMPTS:
                raise
            attempt += 1
        else:
            return plan


def _refuse_in_use(
    session: Session, options: LdapOptions, contexts: NamingContexts, current: SuffixState, plan: SuffixPlan
) -> None:
    # A domain's own name is a suffix even if it is not in uPNSuffixes (facts §7), so its users keep it.
    domains = {ad_key(domain) for domain in current.domains}
    leaving = [suffix for suffix in plan.remove if ad_key(suffix) not in domains]
    if leaving:
        refuse_suffixes_in_use(carriers(session, options, contexts, current, leaving))


def _operations(plan: SuffixPlan) -> list[tuple[str, list[bytes]]]:
    import ldap3

    parts = ((ldap3.MODIFY_DELETE, plan.remove), (ldap3.MODIFY_ADD, plan.add))
    return [(operation, [value.encode() for value in values]) for operation, values in parts if values]
