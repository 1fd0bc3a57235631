# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress and look-ups in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.counts import amount, plural


def progress_line(state: Mapping[str, Any], now: float) -> str:
    """One line of a module's state, as ``Watch`` reports it; ``now`` in seconds since the epoch."""
    done, refused, total = state["done"], state["refused"], state["total"]
    if total is None:
        parts = [f"{done:,} done"]
    else:
        parts = [f"{done:,} of {total:,} done", f"{refused:,} refused", f"{max(0, total - done - refused):,} waiting"]
    held, finish = state["held_until"], state["finish"]
    if held and held > now:
        parts.append(f"the service asks to wait {duration(held - now)}")
    if finish:
        parts.append(f"ETA {duration(finish - now)}")
    return f"{state['what']}, {', '.join(parts)}"


def lookup_line(lookup: Mapping[str, Any]) -> str:
    """How users were looked up, and why in this way."""
    asked, batches, pages = lookup["identities"], lookup["filter_requests"], lookup["listing_requests"]
    looked_up = f"{amount(asked, 'user')} {plural(asked, 'was', 'were')} looked up"
    if pages is None:
        return f"{looked_up} with filters, which fit into one request"
    way, less = "listing all users", f"{amount(pages, 'page')} of {amount(lookup['tenant_users'], 'user')}"
    more = amount(batches, "batch of filters", "batches of filters")
    if lookup["method"] != "listing":
        way, less, more = "filters", more, less
    return f"{looked_up} by {way}: {less}, against {more}"


def duration(seconds: float) -> str:
    """A time to wait, rounded up to whole seconds."""
    whole = max(0, math.ceil(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
