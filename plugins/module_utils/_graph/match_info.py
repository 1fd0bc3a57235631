# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind entra_match_info: survey the tenant, predict, and ask for the rest of those who would match."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.survey import Survey
from ansible_collections.hybrid.identity.plugins.module_utils._graph.transport import open_transport
from ansible_collections.hybrid.identity.plugins.module_utils._graph.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity import predictions, preflight
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchor_owners import (
    foreign_anchors,
    with_owners,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError, InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.match import predict
from ansible_collections.hybrid.identity.plugins.module_utils._identity.predictions import Prediction
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant_view import (
    SOURCE_OF_AUTHORITY,
    TenantView,
)

_ROUNDS = 3

Owners = Callable[[Sequence[str]], Mapping[str, Mapping[str, Any]]]
"""Whose GUIDs ImmutableIds are, asked of Active Directory: ``{"kind", "name"}`` by ImmutableId."""


class NotAllowed(IdentityError):
    """Users whose outcome is not allowed. ``details``: the whole answer, and ``changed`` (False)."""


@dataclass(frozen=True)
class Question:
    """What a module is asked. ``switches``: what somebody says of the tenant's switches. ``assume``: aspects that
    somebody vouches for. ``allowed``: outcomes; with any other one the task fails, unless ``skip_refused``."""

    records: Sequence[Mapping[str, Any]]
    after_hard_match: bool = False
    replace: bool = False
    switches: Mapping[str, bool] = field(default_factory=dict)
    assume: Collection[str] = ()
    ask_authority: bool = True
    allowed: Collection[str] | None = None
    skip_refused: bool = False


def run(
    options: Mapping[str, Any], question: Question, owners: Owners | None = None, watch: Watch | None = None
) -> dict[str, Any]:
    """Answer a question: ``changed`` (False) and what ``preflight.answer`` makes.

    ``options`` are the values of ``argspec.graph_options``.

    :raises InputError: if an option is wrong.
    :raises NotAllowed: if a user's outcome is not allowed and ``skip_refused`` is false.
    :raises GraphError: if the tenant's users cannot be read.
    :raises IdentityError: what ``owners`` raises.
    """
    _check_switches(question.switches)
    found, view, unknown = asyncio.run(_found(options, question, watch))
    if owners and foreign_anchors(found):
        found = with_owners(found, owners(foreign_anchors(found)))
    result = {"changed": False, **preflight.answer(found, view, unknown, question.assume, question.allowed)}
    sentence = preflight.refusal_sentence(result["users"])
    if sentence and not question.skip_refused:
        raise NotAllowed(sentence, **result)
    return result


def _check_switches(switches: Mapping[str, Any]) -> None:
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise InputError(f"tenant_switches: {name} is {value!r}; write true or false.")


async def _found(
    options: Mapping[str, Any], question: Question, watch: Watch | None
) -> tuple[list[Prediction], TenantView, set[str]]:
    async with open_transport(options, watch) as transport:
        survey = Survey(transport)
        read = await survey.view()
        asks = question.ask_authority and SOURCE_OF_AUTHORITY not in question.assume
        view = replace(
            read,
            switches={**read.switches, **question.switches},
            unknown=read.unknown | {SOURCE_OF_AUTHORITY},
        )
        assumed = preflight.assuming(view, question.assume)
        if asks:
            assumed, found = await _with_authority(survey, question, assumed)
        else:
            found = _predicted(question, assumed)
    unknown = preflight.unread(replace(view, unknown=read.unknown), found)
    if SOURCE_OF_AUTHORITY in question.assume:
        unknown.add(SOURCE_OF_AUTHORITY)
    return found, assumed, unknown


async def _with_authority(survey: Survey, question: Question, view: TenantView) -> tuple[TenantView, list[Prediction]]:
    """The view with the source of authority of all who would be matched, and the predictions for it.

    Who takes nothing from AD leaves a place to somebody else, who has to be asked for then: a second round is rare, and
    whoever is left after the third one stays unknown.
    """
    for _round in range(_ROUNDS):
        # As if it were known of everybody: who would be matched then is asked, and nobody left to ask makes it true.
        known = replace(view, unknown=view.unknown - {SOURCE_OF_AUTHORITY})
        found = _predicted(question, known)
        wanted = {
            each.cloud["id"]
            for each in found
            if each.cloud and each.sync_action in (predictions.HARD_MATCH, predictions.SOFT_MATCH)
        } - view.authority_read
        if not wanted:
            return known, found
        managed, read = await survey.cloud_managed(sorted(wanted))
        view = replace(view, cloud_managed=view.cloud_managed | managed, authority_read=view.authority_read | read)
        if not read:
            break
    return view, _predicted(question, view)


def _predicted(question: Question, view: TenantView) -> list[Prediction]:
    return predict(question.records, view, after_hard_match=question.after_hard_match, replace=question.replace)
