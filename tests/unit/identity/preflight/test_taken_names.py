# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan says if a name or an address that the sync would write belongs to another object."""

from __future__ import annotations

from typing import Any

from match_estate import ad, cloud, tenant

from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import predict

BOX: dict[str, Any] = {"mail": "box@contoso.com", "proxyAddresses": ["SMTP:box@contoso.com"]}


def test_a_taken_name_says_which_cloud_user_has_the_immutable_id() -> None:
    (found,) = predict([ad(1)], tenant(cloud(1), cloud(2, 1)))
    assert found.reason == (
        f"The cloud user User2@contoso.com has the ImmutableId of {found.ad.name}, so a sync would match that user. "
        "If it is the wrong one, clear its ImmutableId. "
        "The UPN user1@contoso.com of user1@contoso.com belongs to the cloud user User1@contoso.com, so a sync "
        "would put it into quarantine without an error. Remove it from one of the two."
    )
    # Not if the sync matches the user that has the name, or makes a new one.
    user = ad(1, proxy_addresses=["smtp:box@contoso.com"])
    same = predict([user], tenant(cloud(1, 1), cloud(2, **BOX)))
    new = predict([user], tenant(cloud(2, **BOX)))
    for each in (*same, *new):
        assert each.outcome == "quarantine"
        assert (each.reason or "").startswith("The address smtp:box@contoso.com of ")
