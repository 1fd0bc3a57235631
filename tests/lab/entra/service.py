# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graph's front door: recording, injected failures, tokens, throttling, routes; for requests and batch items alike."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import apps, batch, beta, deleted, groups, quarantine, roles, settings, tenant, users
from .call import Call
from .clock import CLOCK
from .cloud import Cloud
from .counters import Counters
from .errors import GraphError, Reply, bad_request, malformed
from .faults import Fault, Faults
from .holds import Ended, Holds
from .recorder import Recorder
from .store import Store
from .throttle import Throttle, limits_for
from .tokens import Login

Handler = Callable[[Store, Call], Reply]

# Segments of a path; None stands for any one segment.
_ROUTES: list[tuple[tuple[str | None, ...], dict[str, Handler]]] = [
    (("users",), {"GET": users.list_users, "POST": users.create_user}),
    (("users", "$count"), {"GET": users.count_users}),
    (("users", None), {"GET": users.get_user, "PATCH": users.update_user, "DELETE": users.delete_user}),
    (("directory", "deletedItems", "microsoft.graph.user"), {"GET": deleted.list_deleted}),
    (("directory", "deletedItems", None), {"GET": deleted.get_deleted, "DELETE": deleted.purge}),
    (("directory", "deletedItems", None, "restore"), {"POST": deleted.restore}),
    (("domains",), {"GET": tenant.list_domains}),
    (("domains", None), {"GET": tenant.get_domain}),
    (("organization",), {"GET": tenant.list_organization}),
    (("directory", "onPremisesSynchronization"), {"GET": tenant.list_synchronization}),
    (("directory", "onPremisesSynchronization", None), {"GET": tenant.get_synchronization}),
    (("users", None, "onPremisesSyncBehavior"), {"GET": users.get_sync_behavior}),
    (("users", None, "mailboxSettings", "userPurpose"), {"GET": users.get_user_purpose}),
    (("roleManagement", "directory", "roleDefinitions"), {"GET": roles.list_definitions}),
    (("roleManagement", "directory", "roleAssignments"), {"GET": roles.list_assignments}),
    (("roleManagement", "directory", "roleEligibilitySchedules"), {"GET": roles.list_eligibilities}),
    (("groups",), {"GET": groups.list_groups}),
    (("groups", None, "members"), {"GET": groups.list_members}),
    (("groups", None, "members", "microsoft.graph.user"), {"GET": groups.list_members}),
    (("groups", None, "transitiveMembers"), {"GET": groups.list_transitive_members}),
    (("groups", None, "transitiveMembers", "microsoft.graph.user"), {"GET": groups.list_transitive_members}),
    (("groups", None, "owners"), {"GET": groups.list_owners}),
    (("contacts",), {"GET": groups.list_contacts}),
    (("applications", None, "owners"), {"GET": apps.list_owners}),
    (("servicePrincipals", None, "owners"), {"GET": apps.list_owners}),
]
# Only what v1.0 does not have: onPremisesObjectIdentifier (facts §2 "Recovery") and isPrivileged (roles.py).
_BETA_ROUTES: list[tuple[tuple[str | None, ...], dict[str, Handler]]] = [
    (("users",), {"GET": beta.list_users}),
    (("users", None), {"GET": beta.get_user}),
    (("roleManagement", "directory", "roleDefinitions"), {"GET": roles.list_definitions}),
]


@dataclass
class Outcome:
    """An answer, and how it goes out: whole, not at all ("reset"), or half ("truncate")."""

    reply: Reply
    cut: str = ""


class Service:
    """Everything behind `/v1.0` and `/beta`."""

    def __init__(self, store: Store, login: Login) -> None:
        self.store = store
        self.login = login
        self.recorder = Recorder()
        self.counters = Counters()
        self.faults = Faults()
        self.throttle = Throttle()
        self.settings: dict[str, Any] = {}
        self.holds = Holds()
        self.start_timer()
        self.load_settings()

    def load_settings(self) -> None:
        """Take the settings that the store holds."""
        self.settings = settings.merged({}, self.store.of("settings").get("current", {}))
        lag = self.store.lag
        lag.lists = self.settings["readLagReads"]
        lag.limit(by_key=self.settings["provisionLagReads"], lists=max(lag.lists, self.settings["provisionLagReads"]))
        self.recorder.enabled = self.settings["record"]

    def change_settings(self, changes: Any) -> None:
        """Merge and keep. Raises ValueError with a sentence, nothing changed."""
        result = settings.merged({**self.settings, "faults": self.faults.items}, changes)
        self.faults.items = [dict(fault) for fault in result.pop("faults")]
        self.store.put("settings", "current", result)
        if isinstance(changes, dict) and "throttle" in changes:
            self.throttle.reset()
        self.load_settings()

    def start_timer(self) -> None:
        """The quarantine's timer runs an interval from now."""
        self._swept = CLOCK.now()

    def clear_quarantine(self) -> int:
        """Run the timer that looks for conflicts that are gone (facts §3 "Clearing lag"); returns how many were."""
        self.start_timer()
        return quarantine.sweep(Cloud(self.store, self.settings))

    async def answer(
        self,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        body: bytes,
        origin: str,
        version: str = "v1.0",
    ) -> Outcome:
        """Answer one HTTP request; `path` is raw, after the version."""
        with self.holds.under_way():
            try:
                return await self._answer(method, path, query, headers, body, origin, version)
            except Ended:
                return Outcome(Reply(0), "reset")

    async def _answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes, origin: str, version: str
    ) -> Outcome:
        if CLOCK.now() - self._swept >= float(self.settings["quarantineIntervalSeconds"]):
            self.clear_quarantine()
        self.counters.arrived(method)
        number = self.recorder.add(method, f"/{version}/{path.strip('/')}", query, headers, body)
        fault = self.faults.take(method, f"/{path.strip('/')}", query, whole_request=True)
        if fault:
            await self._delay(fault)
        if fault and fault.reset and not fault.after:
            return Outcome(Reply(0), "reset")
        if fault and fault.error and not fault.after:
            return Outcome(self._named(fault.error.reply(headers.get("client-request-id")), number))
        reading: set[str] = set()
        try:
            principal = self.login.authenticate(headers.get("authorization"), origin)
            call = Call(method, path, query, headers, body, origin, principal, version, reading=reading)
            if path.strip("/") in ("$batch", "%24batch"):
                reply = await self._batch(call, number)
            else:
                reply = self._run(call)
        except GraphError as error:
            reply = error.reply(headers.get("client-request-id"))
        self.store.lag.count(reading)
        if fault and fault.hold and fault.after:
            await self.holds.wait()
        if fault and fault.error and fault.after:
            reply = fault.error.reply(headers.get("client-request-id"))
        self._named(reply, number)
        return Outcome(reply, "reset" if fault and fault.reset else "truncate" if fault and fault.truncate else "")

    def _named(self, reply: Reply, number: int) -> Reply:
        """Give the answer to a whole request its id, that of the error if it is one (facts §26)."""
        error = reply.body.get("error") if isinstance(reply.body, dict) else None
        inner = error.get("innerError") if isinstance(error, dict) else None
        told = inner.get("request-id") if isinstance(inner, dict) else None
        reply.headers["request-id"] = told or str(uuid.uuid4())
        self.recorder.name(number, reply.headers["request-id"])
        return reply

    async def _delay(self, fault: Fault) -> None:
        """Return after what the fault makes the request wait for before its work."""
        if fault.latency:
            await asyncio.sleep(fault.latency)
        if fault.hold and not fault.after:
            await self.holds.wait()

    async def _batch(self, whole: Call, number: int) -> Reply:
        if whole.method != "POST":
            raise _not_allowed()

        async def run_item(item: dict[str, Any]) -> Reply:
            path, _mark, query = item["url"].partition("?")
            own = {name.lower(): value for name, value in (item.get("headers") or {}).items()}
            verb = item["method"].upper()
            data = batch.item_body(item)
            call = Call(
                verb, path, query, own, data, whole.origin, whole.principal, whole.version, reading=whole.reading
            )
            self.recorder.add(verb, call.full_path, query, own, data, (number, item["id"]))
            fault = self.faults.take(verb, f"/{path.strip('/')}", query, whole_request=False)
            if fault:
                await self._delay(fault)
            reply = self._item_reply(call, fault)
            if fault and fault.hold and fault.after:
                await self.holds.wait()
            return reply

        if not whole.headers.get("content-type", "").lower().startswith("application/json"):
            raise GraphError(415, "BadRequest", "Write requests must have the header 'Content-Type: application/json'.")
        return await batch.run(whole.body, run_item)

    def _item_reply(self, call: Call, fault: Fault | None) -> Reply:
        if fault and fault.error and not fault.after:
            return fault.error.reply()
        try:
            reply = self._run(call)
        except GraphError as error:
            reply = error.reply(call.headers.get("client-request-id"))
        return fault.error.reply() if fault and fault.error else reply

    def _run(self, call: Call) -> Reply:
        """Throttle and dispatch one request or item (facts §4: each item of a batch is throttled by itself)."""
        try:
            reply = self._throttled(call)
        except GraphError as error:
            self.counters.answered(call.method, error.status)
            raise
        self.counters.answered(call.method, reply.status)
        return reply

    def _throttled(self, call: Call) -> Reply:
        headers: dict[str, str] = {}
        throttle = self.settings["throttle"]
        if throttle["enabled"]:
            limits = limits_for(len(self.store.active), throttle["limits"])
            headers = self.throttle.charge(call, self.login.tenant_id, limits, float(throttle["timeScale"]))
        reply = _handler(call)(self.store, call)
        reply.headers.update(headers)
        return reply


def _handler(call: Call) -> Handler:
    segments = call.segments
    routes = _ROUTES if call.version == "v1.0" else _BETA_ROUTES
    for pattern, methods in routes:
        if len(pattern) != len(segments):
            continue
        if all(want is None or want == have for want, have in zip(pattern, segments, strict=True)):
            if call.method not in methods:
                raise _not_allowed()
            return methods[call.method]
    known = {pattern[:depth] for pattern, _methods in routes for depth in range(1, len(pattern) + 1)}
    depth = 1
    while depth < len(segments) and tuple(segments[:depth]) in known:
        depth += 1
    raise malformed(f"Resource not found for the segment '{segments[depth - 1]}'.")


def _not_allowed() -> GraphError:
    error = bad_request("Specified HTTP method is not allowed for the request target.")  # json-batching.md sample
    error.status = 405
    return error
