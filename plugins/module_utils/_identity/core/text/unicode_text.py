# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which texts can be encoded as UTF-8. JSON may also hold half a surrogate pair."""

from __future__ import annotations

from typing import Any


def is_text(value: Any) -> bool:
    """Return whether a value is a str without half a surrogate pair."""
    return isinstance(value, str) and (value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value))
