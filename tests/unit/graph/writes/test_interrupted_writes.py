# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exception that nobody expects, in the middle of writes to Graph: what was written stays in the result."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_graph import Reply, ScriptedGraph, found, object_id, records, user

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task, run
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http import batch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.transport import Transport
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import UnexpectedError

pytestmark = pytest.mark.usefixtures("plain_tenant")


def test_batches(graph: ScriptedGraph, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two batches, the second one meets the exception; the users of the first one are set."""
    real, calls = batch._Sender._sorted_out, []

    def careless(sender: Any, *arguments: Any) -> Any:
        if sender._items[0].method == "PATCH":
            calls.append(1)
            if len(calls) == 2:
                raise KeyError("anything")
        return real(sender, *arguments)

    people = [user(number) for number in range(25)]
    graph.expect_batch(found(*people[:15]), found(*people[15:]), *[found()] * 4)
    graph.expect_batch(*[Reply(204)] * 20)
    graph.expect_batch(*[Reply(204)] * 5)
    monkeypatch.setattr(batch._Sender, "_sorted_out", careless)
    with pytest.raises(UnexpectedError) as caught:
        run({**options, "concurrency": 1}, Task(records(25)))
    graph.forget()
    details = caught.value.details
    assert isinstance(caught.value.origin, KeyError)
    assert (details["changed"], details["summary"]["set"], details["summary"]["failed"]) == (True, 20, 5)
    assert {each["cause"] for each in details["users"][20:]} == {"interrupted"}


def test_one_user(graph: ScriptedGraph, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    real = Transport.send

    async def careless(transport: Transport, request: Any, alone: bool = True) -> Any:
        if request.http_method.value == "PATCH":
            raise RuntimeError("anything")
        return await real(transport, request, alone)

    monkeypatch.setattr(Transport, "send", careless)
    graph.expect_batch(found(user(0)), found(), found())
    with pytest.raises(UnexpectedError) as caught:
        run(options, Task(records(1)))
    assert caught.value.details["changed"] is False
    (each,) = caught.value.details["users"]
    assert (each["status"], each["cause"], each["id"]) == ("failed", "interrupted", object_id(0))
