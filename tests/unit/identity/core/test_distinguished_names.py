# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of a domain in DNS, from the distinguished names of its objects."""

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.distinguished_names import (
    domain_name,
)


@pytest.mark.parametrize(
    ("distinguished_name", "name"),
    [
        ("DC=ad,DC=contoso,DC=com", "ad.contoso.com"),
        ("CN=Anna, OU=Staff, dc=ad, dc=contoso, dc=com", "ad.contoso.com"),
        # What follows an escaped comma belongs to the name of the object.
        ("CN=Anna\\, DC=office,DC=ad,DC=com", "ad.com"),
        ("CN=Anna,O=Contoso", ""),
    ],
)
def test_the_domain_of_an_object(distinguished_name: str, name: str) -> None:
    assert domain_name(distinguished_name) == name
