# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sequence whose items are made each time that they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Source = TypeVar("Source")
Made = TypeVar("Made")


class Mapped(Sequence[Made]):
    """What ``make`` returns for each item of ``source``, for items that together would take much memory."""

    def __init__(self, make: Callable[[Source], Made], source: Sequence[Source]) -> None:
        self._make: Callable[[Any], Made] = make
        self._source: Sequence[Any] = source

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, position: Any) -> Any:
        return self._make(self._source[position])
