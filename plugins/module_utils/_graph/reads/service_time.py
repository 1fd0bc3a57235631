# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the time of Graph. It is in each answer, also for whoever has not signed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..http.bounded import ACCEPTED
from ..http.clouds import endpoints
from ..http.connection import trust
from ..http.connection_errors import connection_error


async def read_time(options: Mapping[str, Any]) -> datetime | None:
    """Return the time in the header ``Date`` (RFC 9110 6.6.1); None if there is none. Nothing secret is sent.

    :raises InputError: if an option is wrong.
    :raises GraphError: if Graph cannot be reached.
    """
    import httpx

    where, context = endpoints(options), trust(options)
    headers = {"Accept-Encoding": ACCEPTED}
    try:
        async with (
            httpx.AsyncClient(
                verify=True if context is None else context, timeout=options["timeout"], headers=headers
            ) as client,
            # The body is not read.
            client.stream("GET", f"{where.base_url}/") as answer,
        ):
            told = answer.headers.get("Date", "")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise connection_error(error, where.graph_url, options["timeout"]) from None
    try:
        return parsedate_to_datetime(told)
    except ValueError:
        return None
