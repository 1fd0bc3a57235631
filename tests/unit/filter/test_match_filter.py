# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter match: the module's prediction over records in hand, and what it says to what is no record."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.hybrid.identity.plugins.filter import match

MATCH = match.FilterModule().filters()["match"]
GUID, VALUE = "876031de-bfb1-4f8b-9cb0-1c67a6094d3e", "3jFgh7G/i0+csBxnpglNPg=="
ANNA: dict[str, Any] = {
    "user_principal_name": "anna@contoso.com",
    "object_guid": GUID,
    "mail": None,
    "proxy_addresses": [],
}
CLOUD = {"id": "c1", "user_principal_name": "Anna@contoso.com", "immutable_id": VALUE}
NEW = {"id": "c1", "user_principal_name": "Anna@contoso.com"}
SWITCHES = {
    "blockCloudObjectTakeoverThroughHardMatchEnabled": False,
    "blockSoftMatchEnabled": False,
    "softMatchOnUpnEnabled": True,
}
KNOWN: dict[str, Any] = {
    "deleted": [],
    "domains": [{"id": "contoso.com", "isVerified": True}],
    "switches": SWITCHES,
    "roles": [],
    "contacts": [],
    "groups": [],
    "cloud_managed": [],
}


def test_what_is_given_decides() -> None:
    result = MATCH([ANNA], [CLOUD], **KNOWN, skip_checks=["object_identifiers"])
    assert [(user["outcome"], user["id"]) for user in result["users"]] == [("hard_match", "c1")]
    assert (result["summary"]["hard_match"], result["summary"]["total"], result["cloud_only"]) == (1, 1, [])
    role = [{"id": "c1", "name": "Global Administrator", "privileged": True}]
    for given in (role, [{**role[0], "id": "C1"}]):
        blocked = MATCH([ANNA], [CLOUD], **{**KNOWN, "roles": given})
        assert blocked["users"][0]["cause"] == "privileged_role"
    assert MATCH([ANNA], [NEW], **KNOWN, after_hard_match=True)["users"][0]["sync_action"] == "hard_match"


def test_what_is_not_given_is_unknown() -> None:
    result = MATCH([ANNA], [CLOUD])
    assert (result["users"][0]["outcome"], result["users"][0]["expected"]) == ("blocked", "hard_match")
    without = MATCH([ANNA], [CLOUD], roles=[])
    assert (without["users"][0]["outcome"], without["users"][0]["expected"]) == ("unknown", "hard_match")
    assert {item["what"] for item in result["unknown"]} >= {"tenant_switches", "role_eligibility", "deleted_users"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("users", []), "the input is a list of records"),
        (([ANNA], None), "cloud_users is a list of records"),
        (([ANNA], [1]), "cloud_users is a list of records"),
        (([ANNA], [{"user_principal_name": "x@contoso.com"}]), "lacks id"),
    ],
)
def test_what_is_no_record(arguments: tuple[Any, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        MATCH(*arguments)


def test_an_aspect_that_is_none() -> None:
    with pytest.raises(AnsibleFilterError, match="not 'everything'"):
        MATCH([ANNA], [CLOUD], skip_checks=["everything"])
