# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts as the bytes of a file."""

from __future__ import annotations

import io
from collections.abc import Iterable


def encoded(text: str) -> bytes:
    """Text as UTF-8; half a surrogate pair, which a directory may hold, becomes a question mark."""
    return text.encode("utf-8", "replace")


def joined(parts: Iterable[str]) -> bytes:
    """All parts together, without a second copy of them in memory."""
    content = io.BytesIO()
    for part in parts:
        content.write(encoded(part))
    return content.getvalue()
