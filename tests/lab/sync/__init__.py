# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A synchronization cycle as Entra Connect runs it: real directory, connector space, emulator.

The stand-in module ADSync starts it; without a PowerShell, the lab starts it by itself:
``PYTHONPATH=tests python -m lab.sync --state DIR --policy delta``.
"""
