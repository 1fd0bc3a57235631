# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out which users of a plan must not be changed, in a few requests; in none if nothing would change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ..._identity.entra import unread
from ..._identity.entra.immutable_id_guards import describe_doubts, refuse_guarded, wanted_aspects
from ..._identity.entra.immutable_id_plan import ImmutableIdChange
from ..._identity.entra.tenant_snapshot import DELETED_USERS
from ..http.transport import Transport
from ..reads.survey import Survey


async def check_guards(
    transport: Transport,
    changes: Sequence[ImmutableIdChange],
    client_id: str | None,
    skip_checks: Collection[str] = (),
    bin_readable: bool = True,
) -> tuple[list[ImmutableIdChange], list[str]]:
    """Return the changes, refused for users who must not be changed, and sentences on what could not be read.

    ``client_id`` is the app that signs in, None if unknown. An unread aspect that protects people refuses, unless
    ``skip_checks`` names it. ``bin_readable`` says whether the users in the recycle bin were read.

    :raises GraphError: if Graph cannot be reached.
    """
    aspects = wanted_aspects(changes)
    if not aspects:
        return list(changes), []
    tenant = await Survey(transport, client_id).read_for_writing(aspects)
    if not tenant.pim_licensed:
        transport.pace.watch.note(unread.NO_PIM)
    if not bin_readable:
        tenant = replace(tenant, unknown=tenant.unknown | {DELETED_USERS})
    after = refuse_guarded(changes, tenant, skip_checks)
    return after, describe_doubts(after, tenant, skip_checks)
