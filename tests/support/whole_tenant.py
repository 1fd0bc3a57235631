# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a whole tenant, as match_plan does in two steps."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.together import together
from ansible_collections.hybrid.identity.plugins.module_utils._graph.reads.survey import Survey
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import TenantSnapshot


async def read_tenant(survey: Survey, source_of_authority: bool = True) -> TenantSnapshot:
    """Return the users and all the rest as one snapshot."""
    users, sides = await together(survey.read_users(), survey.read_sides(source_of_authority))
    return replace(sides, users=users)
