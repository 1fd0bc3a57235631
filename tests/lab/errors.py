# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of the lab, which each of its files may raise."""

from __future__ import annotations


class LabError(Exception):
    """The lab could not do what was asked; the text says why and what to do."""
