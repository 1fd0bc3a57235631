# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind entra_match_info: read the tenant, predict, and read the source of authority of matched users."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._identity.core import outcome_words
from .._identity.core.accepted_effects import NOTHING_ACCEPTED, PROTECTED_ACCOUNTS, AcceptedEffects
from .._identity.core.errors import IdentityError, InputError
from .._identity.entra.tenant_snapshot import ANCHOR_CLAIMS, SOURCE_OF_AUTHORITY, TenantSnapshot
from .._identity.preflight.anchor_owners import add_owners, list_foreign_anchors
from .._identity.preflight.directory_checks import judge_predictions, list_anchors, list_names
from .._identity.preflight.directory_view import Directory
from .._identity.preflight.predict import predict
from .._identity.preflight.predictions import Prediction
from .._identity.preflight.result import build_result, list_unread, refusal_sentence, skip_checks
from .http.transport import open_transport
from .http.watch import Watch
from .reads.source_of_authority import add_source_of_authority
from .reads.survey import Survey

Owners = Callable[[Sequence[str]], Mapping[str, Mapping[str, Any]]]
"""Looks ImmutableIds up in Active Directory and returns ``{"kind", "name"}`` by ImmutableId."""


class NotAllowed(IdentityError):
    """Users have outcomes that are not allowed. ``details``: the whole result, including ``changed`` (False)."""


@dataclass(frozen=True)
class Question:
    """A task of the module.

    ``switches``: values of the tenant's switches that the caller gives. ``skip_checks``: aspects that stand against
    nobody if they cannot be read. ``allowed``: outcomes; with any other outcome the task fails, unless
    ``skip_refused``. None allows all. ``accepted``: effects that would be refused otherwise.
    """

    records: Sequence[Mapping[str, Any]]
    after_hard_match: bool = False
    replace: bool = False
    switches: Mapping[str, bool] = field(default_factory=dict)
    skip_checks: Collection[str] = ()
    ask_authority: bool = True
    allowed: Collection[str] | None = None
    skip_refused: bool = False
    accepted: AcceptedEffects = NOTHING_ACCEPTED


def run(
    options: Mapping[str, Any],
    question: Question,
    owners: Owners | None = None,
    watch: Watch | None = None,
    directory: Directory | None = None,
) -> dict[str, Any]:
    """Do a task and return the module's result: ``changed`` (False) and what ``preflight.result.build_result`` returns.

    ``options`` are those of ``argspec.connection``. Without ``directory``, nothing of AD is checked.

    :raises InputError: if an option is wrong.
    :raises NotAllowed: if a user's outcome is not allowed and ``skip_refused`` is false.
    :raises GraphError: if the tenant's users cannot be read.
    :raises IdentityError: as ``owners`` and ``directory`` do.
    """
    _check_switches(question.switches)
    found, snapshot, unknown = asyncio.run(_found(options, question, watch))
    if owners and list_foreign_anchors(found):
        found = add_owners(found, owners(list_foreign_anchors(found)))
    if directory and list_anchors(found):
        view = directory(list_anchors(found), list_names(found))
        found = judge_predictions(found, view, question.accepted, question.skip_checks)
        unread = {PROTECTED_ACCOUNTS: view.protection_unread, ANCHOR_CLAIMS: view.claims_unread}
        unknown |= {aspect for aspect, missing in unread.items() if missing}
    result = {"changed": False, **build_result(found, snapshot, unknown, question.skip_checks, question.allowed)}
    sentence = refusal_sentence(result["users"])
    if sentence and not question.skip_refused:
        raise NotAllowed(sentence, **result)
    return result


def _check_switches(switches: Mapping[str, Any]) -> None:
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise InputError(f"tenant_switches: {name} is {value!r}; write true or false.")


async def _found(
    options: Mapping[str, Any], question: Question, watch: Watch | None
) -> tuple[list[Prediction], TenantSnapshot, set[str]]:
    async with open_transport(options, watch) as transport:
        read = await Survey(transport, options["client_id"]).read_snapshot(question.ask_authority)
        snapshot = replace(read, switches={**read.switches, **question.switches})
        assumed = skip_checks(snapshot, question.skip_checks)
        if question.ask_authority:
            assumed = await add_source_of_authority(transport, assumed, lambda known: _matched(question, known))
    found = _predicted(question, assumed)
    # The predictions say whom an unknown source of authority concerns. If the check is skipped, it concerns nobody.
    unread = read.unknown if SOURCE_OF_AUTHORITY in question.skip_checks else read.unknown - {SOURCE_OF_AUTHORITY}
    return found, assumed, list_unread(replace(snapshot, unknown=unread), found)


def _matched(question: Question, snapshot: TenantSnapshot) -> set[str]:
    """Return the ids of the cloud users whom a sync would match."""
    matches = (outcome_words.HARD_MATCH, outcome_words.SOFT_MATCH)
    return {each.cloud["id"] for each in _predicted(question, snapshot) if each.cloud and each.sync_action in matches}


def _predicted(question: Question, snapshot: TenantSnapshot) -> list[Prediction]:
    return predict(question.records, snapshot, after_hard_match=question.after_hard_match, replace=question.replace)
