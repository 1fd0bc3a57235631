# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which AD objects an Entra Connect server synchronises: the nearest container that is listed decides (facts §19)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.scope.filtering import read_filtering

DOMAIN = "DC=ad,DC=contoso,DC=com"


def entry(**values: Any) -> dict[str, Any]:
    return {"partition": DOMAIN, "included": [], "excluded": [], "group": None, **values}


def covers(name: str, **values: Any) -> bool:
    found = read_filtering([entry(partition="DC=other,DC=org"), entry(**values)], DOMAIN)
    assert found
    # The second answer comes from memory.
    first = found.covers(f"{name},{DOMAIN}")
    assert found.covers(f"{name},{DOMAIN}") == first
    return first


@pytest.mark.parametrize(
    ("name", "included", "excluded", "expected"),
    [
        ("CN=Ann,OU=Staff", [], [], True),
        ("CN=Ann,OU=Staff", [DOMAIN], [], True),
        ("CN=Ann,OU=Staff", [], [DOMAIN], False),
        ("CN=Ann,OU=Staff", [f"OU=Staff,{DOMAIN}"], [DOMAIN], True),
        ("CN=Ann,OU=Sales,OU=Staff", [f"OU=Staff,{DOMAIN}"], [DOMAIN], True),
        ("CN=Ann,OU=Old,OU=Staff", [f"OU=Staff,{DOMAIN}"], [DOMAIN, f"OU=Old,OU=Staff,{DOMAIN}"], False),
        ("CN=Ann,OU=Kept,OU=Old", [DOMAIN, f"OU=Kept,OU=Old,{DOMAIN}"], [f"OU=Old,{DOMAIN}"], True),
        ("CN=Ann,OU=Staff2", [f"OU=Staff,{DOMAIN}"], [DOMAIN], False),
        # The object itself is no container, and names are compared as Active Directory compares them.
        ("OU=Staff", [f"OU=Staff,{DOMAIN}"], [DOMAIN], False),
        ("CN=Ann,OU=STAFF", [f"ou=staff, {DOMAIN.lower()}"], [DOMAIN], True),
        (r"CN=Ann\,OU\=Old,OU=Staff", [], [f"OU=Old,OU=Staff,{DOMAIN}"], True),
        # No source says which wins.
        ("CN=Ann,OU=Staff", [f"OU=Staff,{DOMAIN}"], [f"OU=Staff,{DOMAIN}"], True),
    ],
)
def test_the_nearest_container_decides(name: str, included: list[str], excluded: list[str], expected: bool) -> None:
    assert covers(name, included=included, excluded=excluded) is expected


def test_a_domain_that_the_server_does_not_synchronise() -> None:
    assert read_filtering([entry(partition="DC=other,DC=org")], DOMAIN) is None
    assert read_filtering([], DOMAIN) is None


def test_the_filtering_of_several_servers() -> None:
    with pytest.raises(InputError, match="2 entries for DC=ad,DC=contoso,DC=com"):
        read_filtering([entry(), entry(partition=DOMAIN.lower())], DOMAIN)


def test_a_group() -> None:
    group = f"CN=Synchronised,{DOMAIN}"
    assert [
        found and found.group for found in (read_filtering([entry(group=name)], DOMAIN) for name in (group, ""))
    ] == [
        group,
        None,
    ]
