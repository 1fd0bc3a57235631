# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an exception came from, without its text and without any value: both may hold a secret."""

from __future__ import annotations

import traceback

_MOST_FRAMES = 40


def trace(error: BaseException) -> list[str]:
    """Return the kinds of an exception and of those that caused it, the first one first, each with its frames."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.insert(0, link)
        link = link.__cause__ or link.__context__
    return [line for each in links for line in (type(each).__name__, *_frames(each))]


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
