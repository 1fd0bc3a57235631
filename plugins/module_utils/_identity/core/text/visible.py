# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside, made fit for terminals, logs and reports.

Names in a directory may hold anything: escape sequences that a terminal obeys, newlines that forge a line of Ansible's
output, and marks that reverse the order of what follows. Everything that people are shown goes through ``visible``;
values that programs use do not. ``_ConnectText.psm1`` is the same for PowerShell.
"""

from __future__ import annotations

import re

LONGEST = 4000
"""The most characters of one message, or of one line of a diff or a table."""

# C0, DEL and C1; marks and overrides of the writing direction; line and paragraph separators; characters without width.
# Half a surrogate pair, which JSON may hold, cannot be printed at all.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def visible(text: str, longest: int = LONGEST) -> str:
    r"""Return a text with its invisible characters written out (``\n``, ``\x1b``, ``\u202e``), cut to ``longest``.

    A text that was cut ends in ``…``. A backslash stays as it is, so that ``CONTOSO\anna`` can be read and a text that
    went through this before does not change.
    """
    if len(text) <= longest and text.isprintable():
        return text  # most texts, and much faster
    shown = _INVISIBLE.sub(_written_out, text[: longest + 1])
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _written_out(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode()
