# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a run came from, as files and journals say it, so that a change can be traced to the job that made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypedDict

from ..text.visible import visible
from .ci_job import find_job

COLLECTION_VERSION: Final = "1.0.0-dev0"
"""The version in galaxy.yml, which modules cannot read."""

_LONGEST_NAME: Final = 200
LONGEST_NOTE: Final = 500


class _Always(TypedDict):
    controller: str
    job: str | None
    app: str | None
    version: str
    note: str


class Origin(_Always, total=False):
    """``controller``: the name of the machine that ran Ansible. ``app``: the id of the app that asked Entra ID.

    ``job`` is the URL of the CI job as the environment says it, which proves nothing. ``version`` is that of the
    collection. ``note`` is the caller's. ``tenant``, only in the journal of a task that writes to nothing but AD, is
    the id of the tenant that the users come from.
    """

    tenant: str


def make_origin(controller: str, environment: Mapping[str, str], app: str | None, note: str | None) -> Origin:
    """Return where a run came from. All texts are made visible and cut to a length."""
    return Origin(
        controller=visible(controller, _LONGEST_NAME),
        job=find_job(environment),
        app=visible(app, _LONGEST_NAME) if app else None,
        version=COLLECTION_VERSION,
        note=visible(note or "", LONGEST_NOTE),
    )


def is_origin(value: object) -> bool:
    """Return whether a value, which may come from anywhere, is an Origin without ``tenant``."""
    return (
        isinstance(value, dict)
        and value.keys() == _Always.__annotations__.keys()
        and all(isinstance(each, str) or (each is None and name in ("job", "app")) for name, each in value.items())
    )
