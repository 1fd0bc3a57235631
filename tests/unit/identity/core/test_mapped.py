# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sequences whose items are made when they are asked for."""

from __future__ import annotations

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.mapped import Mapped


def test_an_item_is_made_only_when_it_is_asked_for() -> None:
    made: list[int] = []

    def make(number: int) -> str:
        made.append(number)
        return str(number)

    texts = Mapped(make, [3, 4, 5])
    assert (len(texts), made) == (3, [])
    assert (texts[1], made) == ("4", [4])
    assert list(texts) == ["3", "4", "5"]
    assert made == [4, 3, 4, 5]
