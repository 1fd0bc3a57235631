# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Graph with a small tenant behind it: it lists users, finds them by filters, and writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from scripted_graph import Reply, Request, ScriptedGraph, error, found, object_id

DENIED = error(403, "Authorization_RequestDenied")
GONE = error(404, "Request_ResourceNotFound")
BIN = "/directory/deletedItems"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
_ID = r"[0-9a-f-]{36}"
_SYNC = "/directory/onPremisesSynchronization"
_SWITCHES = {
    "blockCloudObjectTakeoverThroughHardMatchEnabled": False,
    "blockSoftMatchEnabled": False,
    "softMatchOnUpnEnabled": True,
    "passwordSyncEnabled": False,
}
_ONLY_BETA = "isPrivileged"


class LiveGraph(ScriptedGraph):
    """``users`` and ``deleted`` are the tenant's users by id, and ``groups`` its groups, as Graph shows them.

    A group has the ids of its ``members`` besides. ``page_size``: how many members are on a page.

    ``listings`` has what other paths answer, by the beginning of the path. ``denied``: beginnings of paths that the app
    may not read. ``answers`` may give another answer to a request (method, path), by returning it.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(certificate, key)
        self.users: dict[str, dict[str, Any]] = {}
        self.deleted: dict[str, dict[str, Any]] = {}
        self.denied: set[str] = set()
        self.groups: dict[str, dict[str, Any]] = {}
        self.page_size = 999
        self.asked: list[str] = []
        """Method and path of each request, in ``$batch``es too."""
        self.answers: Callable[[str, str], Reply | None] = lambda _method, _path: None
        self.listings: dict[str, list[dict[str, Any]]] = {
            "/domains": [{"id": "contoso.com", "isVerified": True, "authenticationType": "Managed"}],
            _SYNC: [{"id": "t", "features": _SWITCHES}],
            "/roleManagement/directory/roleAssignments": [],
            "/roleManagement/directory/roleEligibilitySchedules": [],
            "/roleManagement/directory/roleDefinitions": [
                {"id": GLOBAL_ADMINISTRATOR, "displayName": "Global Administrator", "isPrivileged": True}
            ],
            "/groups?": [],
            "/contacts": [],
            "/organization": [{"id": "t", "onPremisesSyncEnabled": None}],
            "/servicePrincipals": [],
            "/applications": [],
        }

    def put(self, *people: dict[str, Any], deleted: bool = False) -> None:
        place = self.deleted if deleted else self.users
        place.update({each["id"]: each for each in people})

    def value_of(self, key: str) -> str | None:
        """Return the ImmutableId of an active user."""
        return self.users[key]["onPremisesImmutableId"]

    @property
    def writes(self) -> list[str]:
        return [each for each in self.asked if not each.startswith("GET ")]

    def assign(self, key: str, kind: str = "roleAssignments") -> None:
        """Give a user the role of a Global Administrator, or make the user eligible for it."""
        held = {"principalId": key, "roleDefinitionId": GLOBAL_ADMINISTRATOR}
        self.listings[f"/roleManagement/directory/{kind}"].append(held)

    def answer(self, request: Request) -> Reply:
        if not request.path.startswith(("/v1.0/", "/beta/")):
            return super().answer(request)
        with self._lock:
            self.requests.append(request)
            path = re.sub(r"^/(v1\.0|beta)", "", request.path)
            if path == "/$batch":
                return Reply(200, {"responses": [self._item(each) for each in request.json["requests"]]})
            return self._reply(request.method, path, request.json if request.body else None)

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        reply = self._reply(item["method"], item["url"], item.get("body"))
        return {"id": item["id"], "status": reply.status, "headers": dict(reply.headers), "body": reply.body}

    def _reply(self, method: str, encoded: str, body: Any) -> Reply:
        path = unquote(encoded)
        self.asked.append(f"{method} {path}")
        other = self.answers(method, path)
        if other:
            return other
        if any(path.startswith(each) for each in self.denied):
            return DENIED
        reply = self._read(path) if method == "GET" else self._written(method, path, body)
        if reply is None:
            self.surprises.append(f"{method} {path}")
            return Reply(500, {"error": {"code": "surprise", "message": "The test did not expect this."}})
        return reply

    def _read(self, path: str) -> Reply | None:
        if "isCloudManaged eq true" in path:
            return Reply(200, found())
        if "/onPremisesSyncBehavior" in path:
            return Reply(200, {"isCloudManaged": False})
        if path.startswith("/users/$count"):
            return Reply(200, len(self.users))
        if path.startswith("/users?"):
            return Reply(200, found(*_chosen(self.users.values(), path)))
        if path.startswith(BIN):
            return Reply(200, found(*_chosen(self.deleted.values(), path)))
        if path.startswith("/groups?") and "$filter=id in" in path:
            return Reply(200, found(*_chosen(self.groups.values(), path)))
        named = re.match(r"/groups\?\$filter=displayName eq '([^']*)'&", path)
        if named:
            # Graph ignores case.
            alike = [each for each in self.groups.values() if each["displayName"].lower() == named[1].lower()]
            return Reply(200, found(*(_selected(each, path) for each in alike)))
        members = re.match(rf"/groups/({_ID})/transitiveMembers\?", path)
        if members and members[1] in self.groups:
            return self._members(members[1], path)
        for beginning, listed in self.listings.items():
            if path.startswith(beginning):
                return Reply(200, found(*(_selected(each, path) for each in listed)))
        return None

    def _members(self, group: str, path: str) -> Reply:
        """Return a page of the members of a group, those of groups in it too."""
        known, waiting = dict.fromkeys(self.groups[group]["members"]), [*self.groups[group]["members"]]
        while waiting:
            inner = self.groups.get(waiting.pop(), {}).get("members", ())
            waiting += [each for each in inner if each not in known]
            known |= dict.fromkeys(inner)
        token = re.search(r"skiptoken=(\d+)", path)
        start = int(token[1]) if token else 0
        body = found(*map(self._member, [*known][start : start + self.page_size]))
        if start + self.page_size < len(known):
            rest = f"$select=id,userPrincipalName&$skiptoken={start + self.page_size}"
            body["@odata.nextLink"] = f"{self.url}/v1.0/groups/{group}/transitiveMembers?{rest}"
        return Reply(200, body)

    def _member(self, key: str) -> dict[str, Any]:
        if key not in self.users:
            return {"@odata.type": f"#microsoft.graph.{'group' if key in self.groups else 'device'}", "id": key}
        upn = self.users[key]["userPrincipalName"]
        return {"@odata.type": "#microsoft.graph.user", "id": key, "userPrincipalName": upn}

    def put_group(self, number: int, *members: str, **properties: Any) -> str:
        """Make a group with assigned members and return its id."""
        key = object_id(number)
        known: dict[str, Any] = {"id": key, "displayName": f"Group {number}", "groupTypes": [], "visibility": None}
        self.groups[key] = {**known, **properties, "members": list(members)}
        return key

    def _written(self, method: str, path: str, body: Any) -> Reply | None:
        user = re.fullmatch(rf"/users/({_ID})", path)
        if method == "PATCH" and user:
            if user[1] not in self.users:
                return GONE
            self.users[user[1]] = {**self.users[user[1]], **body}
            return Reply(204)
        gone = re.fullmatch(rf"{BIN}/({_ID})(/restore)?", path)
        if not gone:
            return None
        holder = self.deleted.pop(gone[1], None)
        if holder is None:
            return GONE
        if method == "DELETE":
            return Reply(204)
        self.users[holder["id"]] = holder
        return Reply(200, {"id": holder["id"]})

    def sent(self) -> str:
        """Return all that was sent to Graph, for a search."""
        return json.dumps([[each.path, each.body.decode()] for each in self.requests])


def _selected(each: dict[str, Any], path: str) -> dict[str, Any]:
    """A property that only beta has is missing if it was not asked for."""
    return each if _ONLY_BETA in path else {name: value for name, value in each.items() if name != _ONLY_BETA}


def _chosen(people: Iterable[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    wanted = re.search(r"\$filter=(\w+) in \((.*?)\)(?:&|$)", path)
    if not wanted:
        assert "$filter" not in path, path
        return list(people)
    name, values = wanted[1], [each.strip("'") for each in wanted[2].split(",")]
    return [each for each in people if _folded(name, str(each.get(name))) in {_folded(name, each) for each in values}]


def _folded(name: str, value: str) -> str:
    return value if name == "onPremisesImmutableId" else value.lower()
