# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out which users of a plan Graph would refuse to change, in a few requests; in none if nothing would change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..._identity.entra.immutable_id_guards import (
    OVER_EVERYBODY,
    describe_doubts,
    has_admins,
    refuse_guarded,
    wanted_aspects,
)
from ..._identity.entra.immutable_id_plan import ImmutableIdChange
from ..http.transport import Transport
from ..reads.survey import Survey


async def check_guards(
    transport: Transport, changes: Sequence[ImmutableIdChange], client_id: str | None
) -> tuple[list[ImmutableIdChange], list[str]]:
    """Return the changes, refused if Graph would refuse them, and sentences on what could not be read.

    ``client_id`` is the app that signs in, None if unknown. An aspect that cannot be read refuses no change; Graph may
    still refuse it at the write.

    :raises GraphError: if Graph cannot be reached.
    """
    aspects = wanted_aspects(changes)
    if not aspects:
        return list(changes), []
    survey = Survey(transport)
    tenant = await survey.read_for_writing(aspects)
    may = await _may_change_admins(survey, client_id) if has_admins(changes, tenant) else False
    after = refuse_guarded(changes, tenant, may)
    return after, describe_doubts(after, tenant, may)


async def _may_change_admins(survey: Survey, client_id: str | None) -> bool | None:
    """Return whether the app holds one of the roles that may change all users; None if that is unknown."""
    if not client_id:
        return None
    found = await asyncio.gather(*(survey.assigned_apps(role) for role in OVER_EVERYBODY.values()))
    if any(apps is not None and client_id.lower() in apps for apps in found):
        return True
    return None if None in found else False
