# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells PowerShell's code from its texts and comments, so that checks of code can be simple."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"<#.*?(#>|\Z)", re.DOTALL)
_LINE_COMMENT = re.compile(r"#[^\n]*")
_HERE = {quote: re.compile(rf"@{quote}[^\S\n]*\n.*?(\n{quote}@|\Z)", re.DOTALL) for quote in "'\""}
_LITERAL = re.compile(r"'(?:[^']|'')*('|\Z)")
# Where a comment may begin: `a#b` is a word.
_BEFORE_COMMENT = " \t\n;(){},|&"


def code_only(text: str) -> str:
    """Return the text with what is no code blanked out: comments by spaces, what stands in quotes by underscores.

    Each character keeps its place, and each line its number. What `$(...)` holds in a text counts as text.
    """
    out: list[str] = []
    at = 0
    while at < len(text):
        end, blank = _next(text, at)
        piece = text[at:end]
        out.append(piece if blank is None else _blanked(piece, blank))
        at = end
    return "".join(out)


def _blanked(piece: str, blank: str) -> str:
    quoted = piece[0] in "'\"" and len(piece) > 1
    inside = re.sub(r"[^\n]", blank, piece[1:-1] if quoted else piece)
    return f"{piece[0]}{inside}{piece[-1]}" if quoted else inside


def _next(text: str, at: int) -> tuple[int, str | None]:
    """Return where the piece that begins at `at` ends, and what to blank it out with (None: it is code)."""
    here = text[at]
    if text.startswith("<#", at):
        return _end(_COMMENT, text, at), " "
    if here == "#" and (at == 0 or text[at - 1] in _BEFORE_COMMENT):
        return _end(_LINE_COMMENT, text, at), " "
    if here == "@" and text[at + 1 : at + 2] in _HERE:
        match = _HERE[text[at + 1]].match(text, at)
        if match:
            return match.end(), "_"
    if here == "'":
        return _end(_LITERAL, text, at), "_"
    if here == '"':
        return _end_of_expandable(text, at), "_"
    # A backtick at the end of a line stays: it says that the line goes on.
    if here == "`" and text[at + 1 : at + 2] not in ("", "\n"):
        return at + 2, "_"
    return at + 1, None


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    assert match
    return match.end()


def _end_of_expandable(text: str, at: int) -> int:
    """Return where a text in double quotes ends: it may hold code in `$(...)`, which may hold texts."""
    at += 1
    while at < len(text):
        if text[at] == "`" or text.startswith('""', at):
            at += 2
        elif text[at] == '"':
            return at + 1
        elif text.startswith("$(", at):
            at = _end_of_parenthesis(text, at + 2)
        else:
            at += 1
    return len(text)


def _end_of_parenthesis(text: str, at: int) -> int:
    depth = 1
    while at < len(text) and depth:
        end, blank = _next(text, at)
        if blank is None:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
        at = end
    return at
