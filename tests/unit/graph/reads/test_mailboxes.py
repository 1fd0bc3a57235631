# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mailboxes are for, on the wire."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from scripted_graph import Reply, ScriptedGraph, found, object_id, user

from ansible_collections.hybrid.identity.plugins.module_utils._graph import entra_user_info
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import (
    EXPAND,
    PROPERTIES,
    Choice,
)

QUERY = f"/users?$expand={quote(EXPAND, safe='')}&$select={','.join(PROPERTIES)}&$top=999"
DENIED = Reply(403, {"error": {"code": "ErrorAccessDenied", "message": "Access is denied."}})
NO_MAILBOX = Reply(404, {"error": {"code": "MailboxNotEnabledForRESTAPI", "message": "Not supported."}})


def read(graph: ScriptedGraph, options: dict[str, Any], count: int) -> dict[str, Any]:
    people = [{**user(number), "mail": f"user{number}@contoso.com"} for number in range(1, count + 1)]
    graph.expect("GET", QUERY, found(*people, user(900)))
    return entra_user_info.run(options, entra_user_info.Question(Choice()))


def test_shared_mailboxes_are_left_out(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch({"value": "user"}, {"value": "shared"}, NO_MAILBOX, {"value": "others"})
    result = read(graph, options, 4)
    causes = {each["user_principal_name"]: each["cause"] for each in result["users"]}
    assert causes == {
        **{f"user{number}@contoso.com": None for number in (1, 3, 4, 900)},
        "user2@contoso.com": "shared_mailbox",
    }
    assert result["caveats"] == []
    (items,) = graph.batches()
    assert [item["url"] for item in items] == [
        f"/users/{object_id(number)}/mailboxSettings/userPurpose" for number in (1, 2, 3, 4)
    ]


def test_an_app_that_may_not_read_mailboxes_asks_once(graph: ScriptedGraph, options: dict[str, Any]) -> None:
    graph.expect_batch(*[DENIED] * 20)
    result = read(graph, options, 45)
    assert {each["status"] for each in result["users"]} == {"found"}
    (caveat,) = result["caveats"]
    assert caveat.startswith("What the mailboxes of 45 users are for")
    assert "MailboxSettings.Read" in caveat


@pytest.mark.parametrize(
    "answer", [{"value": None}, {"value": ["shared"]}, {}, Reply(400, {"error": {"code": "x", "message": "x"}}), DENIED]
)
def test_what_one_mailbox_does_not_show_is_not_guessed(
    graph: ScriptedGraph, options: dict[str, Any], answer: Any
) -> None:
    graph.expect_batch(answer, {"value": "room"})
    result = read(graph, options, 2)
    assert [each["cause"] for each in result["users"]] == [None, "room_mailbox", None]
    assert result["caveats"][0].startswith("What the mailboxes of 1 user are for")
