# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""$batch (facts §4)."""

from __future__ import annotations

from typing import Any

import pytest
from support.entra_process import Emulator

JSON = {"Content-Type": "application/json"}


def _patch(number: int, upn: str, value: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "method": "PATCH",
        "url": f"/users/{upn}",
        "headers": JSON,
        "body": {"onPremisesImmutableId": value},
    }


def test_each_item_has_its_own_fate(entra: Emulator) -> None:
    answers = entra.batch(
        [
            _patch(1, "ada.fuchs@contoso.com", "one"),
            _patch(2, "no.body@contoso.com", "two"),
            _patch(3, "ben.hartmann@contoso.com", "one"),
            _patch(4, "carla.admin@contoso.com", "four"),
            {"id": "5", "method": "GET", "url": "users/ada.fuchs%40contoso.com?$select=onPremisesImmutableId"},
            {"id": "6", "method": "GET", "url": "/v1.0/users"},
        ]
    )
    assert {key: answer["status"] for key, answer in answers.items()} == {
        "1": 204, "2": 404, "3": 400, "4": 403, "5": 200, "6": 400,
    }  # fmt: skip
    assert "body" not in answers["1"]
    assert answers["3"]["body"]["error"]["details"][1]["target"].startswith("User_")
    assert answers["5"]["body"]["onPremisesImmutableId"] == "one"
    assert answers["5"]["headers"]["Content-Type"] == "application/json"
    assert answers["6"]["body"]["error"]["message"] == "Resource not found for the segment 'v1.0'."


def test_urls_are_decoded(entra: Emulator) -> None:
    encoded = "/users?$select=id&$filter=onPremisesImmutableId%20eq%20'3jFgh7G%2Fi0%2BcsBxnpglNPg%3D%3D'"
    answers = entra.batch(
        [
            {"id": "a", "method": "GET", "url": encoded},
            {"id": "b", "method": "GET", "url": encoded.replace("%2B", "+")},
            {
                "id": "c",
                "method": "GET",
                "url": "/users?$count=true&$filter=endsWith(mail,'@fabrikam.com')",
                "headers": {"ConsistencyLevel": "eventual"},
            },
        ]
    )
    assert len(answers["a"]["body"]["value"]) == 1
    assert answers["b"]["body"]["value"] == []
    assert answers["c"]["body"]["@odata.count"] > 5


def test_dependencies(entra: Emulator) -> None:
    answers = entra.batch(
        [
            {**_patch(3, "clara.vogel@contoso.com", "c"), "dependsOn": ["2"]},
            _patch(1, "no.body@contoso.com", "a"),
            {**_patch(2, "ben.hartmann@contoso.com", "b"), "dependsOn": ["1"]},
            {**_patch(5, "david.roth@contoso.com", "d"), "dependsOn": ["4"]},
            _patch(4, "ada.fuchs@contoso.com", "e"),
        ]
    )
    assert {key: answer["status"] for key, answer in answers.items()} == {
        "1": 404, "2": 424, "3": 424, "4": 204, "5": 204,
    }  # fmt: skip
    assert entra.immutable_id("ben.hartmann@contoso.com") is None


def _get(key: Any) -> dict[str, Any]:
    return {"id": key, "method": "GET", "url": "/users?$top=1"}


@pytest.mark.parametrize(
    "requests",
    [
        [_get(str(number)) for number in range(21)],
        [_get("a"), _get("A")],
        [_get(1)],
        [],
        "x",
        [{"id": "1", "method": "PATCH", "url": "/users/ada.fuchs@contoso.com", "body": {"jobTitle": "x"}}],
        [{"id": "1", "method": "PATCH", "url": "/users/ada.fuchs@contoso.com", "headers": JSON}],
        [{**_get("1"), "dependsOn": ["9"]}],
        [{**_get("1"), "dependsOn": ["2"]}, {**_get("2"), "dependsOn": ["1"]}],
        [{"id": "1", "method": "TRACE", "url": "/users"}],
        [{"id": "1", "method": "GET"}],
    ],
)
def test_refused_as_a_whole(entra: Emulator, requests: Any) -> None:
    answer = entra.graph("POST", "/$batch", json={"requests": requests})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "BadRequest"


def test_without_a_token(entra: Emulator) -> None:
    answer = entra.http.post("/v1.0/$batch", json={"requests": [_get("1")]})
    assert answer.status_code == 401
