# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor: check what a run needs of both directories, and write nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ..._graph.http.watch import Watch
from ..._identity.preconditions.checks import Check
from ..._identity.preconditions.connect_server import check_connect
from .directory import Clock, examine_directory
from .question import Question
from .tenant import examine_tenant


def examine(
    ldap: Mapping[str, Any], graph: Mapping[str, Any], question: Question, now: Clock, watch: Watch
) -> tuple[list[Check], int | None]:
    """Make all checks and return them, and how many users the tenant has; None if that is not known.

    ``ldap`` and ``graph`` are those of ``argspec.connection``. Nothing raises: what fails becomes a check.
    """
    tenant = asyncio.run(examine_tenant(graph, question, now, watch))
    directory = examine_directory(ldap, question, tenant.list_administrators(), tenant.members, now)
    state = directory.suffixes
    suffixes = [*state.listed, *state.domains] if state else []
    return [
        *directory.checks,
        *tenant.checks,
        tenant.check_domains(question.domains, suffixes),
        tenant.check_administrators(directory.in_scope),
        *check_connect(question.connect_servers, question.stages, question.source_anchor),
    ], tenant.users
