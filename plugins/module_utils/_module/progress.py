# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling the action plugin that runs the module how far it is, by a file that the plugin made (plugin_utils)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

VARIABLE = "HYBRID_IDENTITY_PROGRESS_FILE"
"""Names the file in the environment of a module that runs on the controller."""

SIZE = 512
"""Bytes of the file: one line of JSON and blanks, so that a new state always covers the old one."""


def progress_report() -> Callable[[Mapping[str, Any]], None] | None:
    """Where a module's ``Watch`` is to report to; None where nobody looks.

    The file is not made here, so that nobody else's name can be put in its place.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None  # another user's: the module runs with become

    def report(state: Mapping[str, Any]) -> None:
        line = json.dumps(state).encode()
        try:
            os.pwrite(handle, line.ljust(SIZE - 1) + b"\n", 0)
        except OSError:
            return  # a full disk is no reason to fail

    return report
