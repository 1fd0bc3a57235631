# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking the tenant whom of a plan Graph would refuse to change: a few requests, and none where nothing changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ansible_collections.hybrid.identity.plugins.module_utils._graph.survey import Survey
from ansible_collections.hybrid.identity.plugins.module_utils._graph.transport import Transport
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_guards import (
    OVER_EVERYBODY,
    doubts,
    guarded,
    has_admins,
    wanted_aspects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import Step


async def checked(transport: Transport, steps: Sequence[Step], client_id: str | None) -> tuple[list[Step], list[str]]:
    """The steps with those refused that Graph would refuse, and sentences on what could not be read.

    ``client_id`` is the app that signs in, as far as it is known. What cannot be read refuses nobody: Graph answers for
    it at the write.

    :raises GraphError: if Graph cannot be reached.
    """
    aspects = wanted_aspects(steps)
    if not aspects:
        return list(steps), []
    survey = Survey(transport)
    tenant = await survey.for_writing(aspects)
    may = await _may_change_admins(survey, client_id) if has_admins(steps, tenant) else False
    after = guarded(steps, tenant, may)
    return after, doubts(after, tenant, may)


async def _may_change_admins(survey: Survey, client_id: str | None) -> bool | None:
    """Whether the app holds one of the roles that may change everybody; None where that is unknown."""
    if not client_id:
        return None
    found = await asyncio.gather(*(survey.assigned_apps(role) for role in OVER_EVERYBODY.values()))
    if any(apps is not None and client_id.lower() in apps for apps in found):
        return True
    return None if None in found else False
