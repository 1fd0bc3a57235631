# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Countries by name and by code."""

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._module.countries import find_country


@pytest.mark.parametrize(
    ("text", "code", "number"),
    [
        ("Germany", "DE", "276"),
        ("de", "DE", "276"),
        ("DEU", "DE", "276"),
        (" Afghanistan ", "AF", "4"),
        ("Bolivia", "BO", "68"),
        ("Czech Republic", "CZ", "203"),
        ("United States", "US", "840"),
        ("Turkey", "TR", "792"),
        ("South Korea", "KR", "410"),
    ],
)
def test_a_country(text: str, code: str, number: str) -> None:
    found = find_country(text)
    assert found is not None
    assert (found.code, found.number) == (code, number)


@pytest.mark.parametrize("text", ["Freedonia", "", "XX", "Deutschland"])
def test_no_country(text: str) -> None:
    assert find_country(text) is None
