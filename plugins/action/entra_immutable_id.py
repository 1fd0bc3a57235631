# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module entra_immutable_id and shows its progress."""

from __future__ import annotations

from ansible_collections.hybrid.identity.plugins.plugin_utils.directory import DirectoryAction


class ActionModule(DirectoryAction):
    pass
