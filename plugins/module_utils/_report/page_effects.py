# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the page about the effects of matches, and about marks."""

from __future__ import annotations

import html
from collections.abc import Mapping

from .words import MARKS, MATCH_EFFECTS, mark_label, match_effect_label


def effects_section(counts: Mapping[str, int]) -> str:
    """Return the section that counts and explains the effects; empty if no match has one."""
    if not counts:
        return ""
    return (
        '<section id="effects"><h2>Effects of the matches</h2><table class="figures"><thead><tr><th>Effect</th>'
        '<th class="number">Users</th><th>Meaning</th></tr></thead><tbody>'
        + "".join(_row(match_effect_label(key), count, MATCH_EFFECTS.get(key, "")) for key, count in counts.items())
        + "</tbody></table></section>"
    )


def marks_section(counts: Mapping[str, int]) -> str:
    """Return the section that counts and explains the marks; empty if nobody has one."""
    if not counts:
        return ""
    return (
        '<section id="marks"><h2>Marked users</h2><table class="figures"><thead><tr><th>Mark</th>'
        '<th class="number">Users</th><th>Meaning</th></tr></thead><tbody>'
        + "".join(_row(mark_label(key), count, MARKS.get(key, ("", ""))[1]) for key, count in counts.items())
        + "</tbody></table></section>"
    )


def _row(label: str, count: int, meaning: str) -> str:
    return (
        f'<tr><td><bdi>{html.escape(label)}</bdi></td><td class="number">{count:,}</td>'
        f"<td>{html.escape(meaning)}</td></tr>"
    )
