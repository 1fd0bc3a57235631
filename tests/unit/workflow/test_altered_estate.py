# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""100 altered answers of both directories to match_plan and match_apply: no crash, no wrong match, nothing lost.

Each case alters one answer of one directory, while the plan is made or while it is applied. The plan may be wrong then,
so whom it writes is compared with what the directories said, not with what is true.
"""

from __future__ import annotations

import copy
import json
import random
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from altered_entries import altered
from estate import IDS, VALUES, Estate
from ldap_wire import Entry, Modify, Search
from scripted_graph import TOKEN, Reply, Request, object_id, user
from support.alterations import FOREIGN, altered_bytes, altered_json, chance
from test_exclusions import TIER0, put_groups

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_bytes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.comparison import entra_key

# Thousands of runs, about what servers send: no ansible-core changes that.
pytestmark = pytest.mark.once

CASES = 25
ADMIN = "carl"
# The excluded groups have no member in the scope, so that what is expected stays the same.
EXCLUDED = [TIER0, object_id(800)]
TERMS = {"write_consistency_guid": "from_guid", "max_refused": "100%", "exclude": {"groups": EXCLUDED}}


class Saboteur:
    """Counts the answers of one directory, alters the chosen one, and remembers what both of them said."""

    def __init__(self, estate: Estate, side: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.chosen: int | None = None
        self.count = 0
        self.cloud: set[tuple[str, str]] = set()
        """Object id and UPN of each cloud user of an answer, as ``entra_key``."""
        self.anchors: set[tuple[str, str]] = set()
        """ImmutableId and UPN of each AD object of an answer."""
        self._side = side
        self._by = random.Random()
        self._answer, self._found = estate.graph.answer, estate.directory._found
        monkeypatch.setattr(estate.graph, "answer", self.answer)
        monkeypatch.setattr(estate.directory, "_found", self.found)

    def choose(self, number: int | None, by: random.Random) -> None:
        self.chosen, self._by, self.count = number, by, 0

    def answer(self, request: Request) -> Reply:
        reply = self._answer(request)
        if request.path.startswith(("/v1.0/", "/beta/")) and self._is_chosen("graph"):
            reply = altered_reply(reply, self._by)
        for each in walk(reply.body):
            key, upn = each.get("id"), each.get("userPrincipalName")
            if isinstance(key, str) and isinstance(upn, str):
                self.cloud.add((entra_key(key), entra_key(upn)))
        return reply

    def found(self, search: Search) -> Sequence[Any]:
        entries = [each for each in self._found(search) if isinstance(each, Entry)]
        if entries and self._is_chosen("directory"):
            entries = altered(entries, self._by)
        for each in entries:
            values = {name.partition(";")[0].lower(): [*map(raw, given)] for name, given in each.values.items()}
            for guid in values.get("objectguid", ()):
                upns = [upn.decode("utf-8", "replace") for upn in values.get("userprincipalname", ())]
                self.anchors |= {(immutable_id_of_bytes(guid), entra_key(upn)) for upn in upns}
        return entries

    def _is_chosen(self, side: str) -> bool:
        self.count += side == self._side
        return side == self._side and self.count - 1 == self.chosen


def raw(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Return all objects in an answer of Graph, at any depth."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(each)


def altered_reply(reply: Reply, by: random.Random) -> Reply:
    """Return an answer of Graph with one alteration, in its JSON, its bytes, its status, its link or its words."""
    kind = by.choice(("json",) * 6 + ("bytes", "status", "link", "echo"))
    if kind == "json":
        return Reply(reply.status, altered_json(reply.body, by), reply.headers)
    if kind == "bytes":
        return Reply(reply.status, altered_bytes(json.dumps(reply.body).encode(), by), reply.headers)
    if kind == "status":
        status = by.choice((201, 204, 301, 307, 400, 401, 403, 404, 409, 500, 599))
        return Reply(status, reply.body, {"Location": f"https://{FOREIGN}/"})
    if kind == "link" and isinstance(reply.body, dict):
        link = by.choice((f"https://{FOREIGN}/v1.0/users", "//x", 5, "https://[", ""))
        return Reply(reply.status, {**reply.body, "@odata.nextLink": link}, reply.headers)
    said = {"code": TOKEN, "message": f"Bearer {TOKEN}\n\x1b[2J"}
    return Reply(by.choice((400, 403, 404, 500)), {"error": said}, {"request-id": TOKEN})


def reset(estate: Estate, users: dict[str, Any], held: dict[str, Any]) -> None:
    estate.graph.users = copy.deepcopy(users)
    estate.directory.held = copy.deepcopy(held)
    estate.graph.surprises.clear()
    estate.graph.asked.clear()
    estate.directory.requests.clear()
    for path in estate.folder.iterdir():
        path.unlink()


def check_result(case: str, result: dict[str, Any]) -> None:
    assert "trace" not in result, f"{case}: {result['trace']}"
    assert result.get("cause") != "unexpected", f"{case}: {result['msg']}"
    for text in (result.get("msg", ""), result.get("verdict", ""), *result.get("table", ())):
        assert text.isprintable(), f"{case}: {text!r}"


def check_writes(case: str, estate: Estate, saboteur: Saboteur) -> int:
    """Check what was written against what the directories said, the journal and the result. Return how many users."""
    journaled = (
        {(line["id"].lower(), line["after"]) for line in estate.lines("journal")} if estate.journal.exists() else set()
    )
    written = {
        key: user["onPremisesImmutableId"] for key, user in estate.graph.users.items() if user["onPremisesImmutableId"]
    }
    for key, value in written.items():
        names = {upn for told, upn in saboteur.cloud if told == key}
        assert names & {upn for anchor, upn in saboteur.anchors if anchor == value}, f"{case} set {value} of {names}"
        assert (key, value) in journaled, f"{case} set {key} without a line in the journal"
    stamped = 0
    for write in estate.directory.writes:
        assert isinstance(write, Modify), f"{case} sent {write}"
        ((_add, attribute, (anchor,)),) = write.changes
        guid = str(uuid.UUID(bytes_le=anchor))
        assert (attribute, write.name) == (b"mS-DS-ConsistencyGuid", f"<GUID={guid}>".encode()), f"{case} sent {write}"
        assert (guid, guid) in journaled, f"{case} stamped {guid} without a line in the journal"
        stamped += 1
    assert written.get(IDS[ADMIN]) is None, f"{case} matched an administrator"
    assert not estate.directory.anchor_of(ADMIN), f"{case} stamped an administrator"
    if written or stamped:
        _header, *_users, end = estate.lines("result")
        assert end == {"end": {"count": len(_users)}}, f"{case} left half a result"
    return len(written)


@pytest.mark.parametrize("stage", ["plan", "apply"])
@pytest.mark.parametrize("side", ["graph", "directory"])
def test_altered_answers(estate: Estate, monkeypatch: pytest.MonkeyPatch, stage: str, side: str) -> None:
    put_groups(estate, "Tier 0", "Inner")
    estate.directory.change("Inner", memberOf=[TIER0])
    estate.graph.put(user(802))
    estate.graph.put_group(800, estate.graph.put_group(801, object_id(802)))
    estate.graph.assign(IDS[ADMIN])
    estate.graph.assign(IDS[ADMIN], "roleEligibilitySchedules")
    estate.directory.change(ADMIN, adminCount=["1"], userAccountControl=[str(0x200 | 0x80000)])
    users, held = copy.deepcopy(estate.graph.users), copy.deepcopy(estate.directory.held)
    saboteur = Saboteur(estate, side, monkeypatch)
    plan = estate.plan(**TERMS)
    planned = (estate.folder / "plan.jsonl").read_bytes()
    answers = {"plan": saboteur.count}
    saboteur.choose(None, random.Random())
    assert estate.apply(plan)["verdict"] == ""
    assert check_writes("nothing altered", estate, saboteur) == len(VALUES) - 1
    answers["apply"] = saboteur.count
    matched = 0
    for number in range(CASES):
        case, by = f"case {number} of {stage} with {side}", chance(f"{stage} with {side}", number)
        reset(estate, users, held)
        chosen = by.randrange(answers[stage])
        saboteur.choose(chosen if stage == "plan" else None, by)
        if stage == "plan":
            made = estate.plan(**TERMS)
            check_result(case, made)
        else:
            made = plan
            (estate.folder / "plan.jsonl").touch(0o600)
            (estate.folder / "plan.jsonl").write_bytes(planned)
        if made.get("failed"):
            assert not estate.directory.writes
            assert not estate.graph.writes
            continue
        saboteur.choose(chosen if stage == "apply" else None, by)
        check_result(case, estate.apply(made))
        matched += check_writes(case, estate, saboteur)
    assert 0 < matched < CASES * (len(VALUES) - 1)
