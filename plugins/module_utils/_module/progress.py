# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report a module's progress to its action plugin, in a file that the plugin created (plugin_utils/progress.py)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from .._identity.core.errors import InputError
from .guarded_files import OWN, open_file

VARIABLE = "HYBRID_IDENTITY_PROGRESS_FILE"
"""The environment variable with the file's path; it is set for modules that run on the controller."""

SIZE = 512
"""Size of the file in bytes: one line of JSON, filled with blanks, so that a new state overwrites the old one."""


def progress_report() -> Callable[[Mapping[str, Any]], None] | None:
    """Return the function to which a module's ``Watch`` reports; None if there is not a file to write to.

    Only an existing file is opened, and only one of this user, so that nobody else can redirect the writes.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    try:
        handle = open_file(VARIABLE, path, OWN, os.O_WRONLY)
    except (OSError, InputError):
        return None  # for example another user's file, if the module runs with become

    def report(state: Mapping[str, Any]) -> None:
        line = json.dumps(state).encode()
        try:
            os.pwrite(handle, line.ljust(SIZE - 1) + b"\n", 0)
        except OSError:
            return  # the task goes on without progress, for example if the disk is full

    return report
