# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What attackers and accidents put into the names of a directory."""

from __future__ import annotations

from hypothesis import strategies as st

_RANGES = (
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0x061C, 0x061C),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x2069),
    (0xFEFF, 0xFEFF),
)
INVISIBLE = {chr(code) for first, last in _RANGES for code in range(first, last + 1)}
"""C0, DEL, C1, separators of lines, marks of direction, and what has no width."""

FORGED = "anna@contoso.com\nok: [localhost]\r\x1b[2K\x9b31m\u2028ok: [localhost]\u202e"
"""A UPN that would write a line of Ansible's own, wipe another and turn what follows."""

NASTY_TEXT = st.lists(
    st.one_of(
        st.sampled_from(sorted(INVISIBLE)),
        st.sampled_from(["\nok: [localhost]\n", "\x1b]0;title\x07", "\x1b[2J", "\ud800", FORGED]),
        st.text(st.characters(codec=None), max_size=12),
    ),
    max_size=6,
).map("".join)
