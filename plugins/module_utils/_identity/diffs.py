# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Diffs in the form that Ansible prints: only what changes, sorted, one item a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record, record_name
from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded

Diff = dict[str, str]


def list_diff(header: str, before: Sequence[str], after: Sequence[str]) -> Diff:
    """The diff of a list of values."""
    return {
        "before_header": header,
        "after_header": header,
        "before": "".join(f"{line}\n" for line in before),
        "after": "".join(f"{line}\n" for line in after),
    }


def users_diff(attribute: str, users: Iterable[Record]) -> Diff:
    """The diff of one attribute over the changed ones of a module's ``users``."""
    changed = sorted((user for user in users if user["changed"]), key=lambda user: folded(record_name(user)))
    return list_diff(
        attribute,
        [f"{record_name(user)}: {_shown(user['before'])}" for user in changed],
        [f"{record_name(user)}: {_shown(user['after'])}" for user in changed],
    )


def _shown(value: str | None) -> str:
    return "(none)" if value is None else value
