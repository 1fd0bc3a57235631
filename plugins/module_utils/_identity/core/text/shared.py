# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep equal texts of a user once, because large plans have many users."""

from __future__ import annotations

from typing import TypeVar

Text = TypeVar("Text", bound="str | None")


def shared(text: Text, known: str | None) -> Text | str:
    """Return ``known`` if it is equal, so that ``text`` need not stay in memory."""
    return known if known is not None and known == text else text
