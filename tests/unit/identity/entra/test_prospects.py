# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who would get an account, as far as Entra ID tells."""

from __future__ import annotations

import uuid
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.prospects import find_prospects
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import (
    Choice,
    DescribedUser,
    make_described_user,
)

CONTOSO = Choice(domains=frozenset({"contoso.com"}), with_unlicensed=False)


def user(upn: str, **more: Any) -> DescribedUser:
    given = {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, upn)), "userPrincipalName": upn}
    return make_described_user({**given, "assignedLicenses": [{"skuId": "x"}], **more})


def test_everybody_in_the_right_line() -> None:
    found = find_prospects(
        [
            user("Bert@contoso.com"),
            user("anna@Contoso.com"),
            user("cora@contoso.onmicrosoft.com"),
            user("d$ra@contoso.com"),
            # Left out for another reason, whatever their domains are.
            user("guest@contoso.com", userType="Guest"),
            user("sync@elsewhere.com", onPremisesSyncEnabled=True),
            user("room@elsewhere.com", assignedLicenses=[]),
        ],
        CONTOSO,
    )
    assert found.describe(CONTOSO.domains) == [
        "2 users would get an account: anna@Contoso.com, Bert@contoso.com.",
        "1 user would not get an account, because the UPN is not in the domain contoso.com: "
        "cora@contoso.onmicrosoft.com. Change the UPN to the domain first.",
        "1 user would not get an account, because a sync would not keep the UPN: d$ra@contoso.com. Correct it "
        "in Entra ID first.",
    ]


def test_many_users_are_counted() -> None:
    found = find_prospects([user(f"user{number:04}@x.com") for number in range(1234)], CONTOSO)
    accounts, elsewhere = found.describe(["contoso.com", "fabrikam.com"])
    assert accounts == "0 users would get an account."
    assert elsewhere.startswith(
        "1,234 users would not get an account, because the UPN is not in one of the domains contoso.com, fabrikam.com: "
        "user0000@x.com, user0001@x.com, "
    )
    assert "user0019@x.com and 1,214 more. Change the UPN" in elsewhere
    assert "user0020@x.com" not in elsewhere
