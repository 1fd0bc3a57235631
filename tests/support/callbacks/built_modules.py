# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets ansible-playbook keep the modules that it has built in the folder that BUILT_MODULES names."""

from __future__ import annotations

DOCUMENTATION = r"""
name: built_modules
type: aggregate
short_description: Keeps built modules for the next playbook
description: Keeps them in the folder that the environment variable C(BUILT_MODULES) names.
"""

import contextlib
import os
from pathlib import Path

from ansible import constants
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "built_modules"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        # Ansible keeps them here, below a folder that each ansible-playbook makes and removes.
        with contextlib.suppress(FileExistsError):
            Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache").symlink_to(os.environ["BUILT_MODULES"])
