# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make users of what Graph answers, and mark what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from ..._identity.entra.graph_json import is_user, readable_user
from ..http.watch import Watch

U = TypeVar("U")
MakeUser = Callable[[Mapping[str, Any], bool, Sequence[str]], U]
"""Makes a user of Graph's JSON, of whether the user is deleted, and of the names of what was taken out of the JSON."""


def make_users(page: Iterable[Mapping[str, Any]], make: MakeUser[U], deleted: bool, watch: Watch) -> list[U]:
    """Return the users of a page of Graph's JSON, made without what cannot be read.

    Objects that are no users are left out, and ``watch`` notes it.
    """
    made = []
    for user in page:
        if is_user(user):
            left, unreadable = readable_user(user)
            made.append(make(left, deleted, unreadable))
        else:
            watch.note(
                "An object in Graph's list of users was skipped, because it has no object id or is too large. Check "
                "graph_url and any proxy in between."
            )
    return made
