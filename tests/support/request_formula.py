# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests a first run of the role hard_match makes, by the formula that docs/speed.md gives."""

from __future__ import annotations

import re
from math import ceil
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs" / "speed.md"


def count_requests(tenant_users: int, matched: int, role_groups: int) -> int:
    """Return the number of requests.

    ``tenant_users``: active users of the tenant. ``matched``: users who get an ImmutableId. ``role_groups``:
    role-assignable groups. Every other listing must fit on one page.
    """
    given = {"tenant_users": tenant_users, "matched": matched, "role_groups": role_groups}
    found = re.findall(r"^(\w+) += (.+)$", DOCS.read_text("utf-8"), re.MULTILINE)
    counted: dict[str, int] = {}
    for name, formula in found:
        # Our own file.
        counted[name] = eval(formula, {"ceil": ceil, "min": min}, {**given, **counted})  # noqa: S307
    return counted["plan"] + counted["apply"]
