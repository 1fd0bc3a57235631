# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control plane's work: dump, load, reset, placeholders. It is the lab's, not Microsoft's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import provision, schema, seed
from .clock import CLOCK
from .incoming import object_identifier
from .journal import Entry
from .service import Service
from .store import Record

_DUMPED = ("organization", "domain", "app", "group", "contact", "switches", "user")


class Control:
    """Acts on a service's store from outside Graph."""

    def __init__(self, service: Service, seed_path: Path) -> None:
        self._service = service
        self._seed_path = seed_path

    def dump(self) -> dict[str, list[Any]]:
        """The whole directory, sorted by key. No settings, no secrets: two dumps are equal when the directories are."""
        store = self._service.store
        return {kind: [value for _key, value in sorted(store.of(kind).items())] for kind in _DUMPED}

    def reset(self) -> None:
        """Back to the seed; placeholders that were resolved are resolved again. Settings and records go."""
        anchors = self._service.store.of("anchors").get("known", {})
        entries: list[Entry] = seed.read_seed(self._seed_path)
        self._service.store.replace_all([*entries, ("anchors", "known", anchors)])
        CLOCK.reset()
        self._service.holds.end()
        self._service.start_timer()
        self._service.load_settings()
        self._service.faults.items = []
        self._service.throttle.reset()
        self._service.recorder.requests = []
        self._service.counters.reset()
        self._resolve(anchors)

    def load_users(self, body: Any, merge: bool) -> dict[str, int]:
        """Put raw users (hidden attributes under `lab`). `merge`: change those that exist, found by id or UPN.

        Returns counts. Raises ValueError, nothing written.
        """
        given = body.get("users") if isinstance(body, dict) else body
        if not isinstance(given, list) or not all(isinstance(user, dict) for user in given):
            raise ValueError("Send a list of users, or an object with 'users'.")
        store, tenant_id = self._service.store, self._service.login.tenant_id
        records = [seed.raw_user(user, tenant_id, self._existing(user) if merge else None) for user in given]
        store.put_many([("user", record["id"], record) for record in records])
        return {"written": len(records)}

    def load_objects(self, body: Any) -> dict[str, int]:
        """Put raw `groups` and `contacts`; one with the same id is replaced. Raises ValueError, nothing written.

        `apps` gives `owners` (UPNs) to apps that are there, by `appId`.
        """
        if not isinstance(body, dict) or set(body) - {"groups", "contacts", "apps"}:
            raise ValueError("Send an object with 'groups', 'contacts' and 'apps', each a list of objects.")
        store, tenant_id = self._service.store, self._service.login.tenant_id
        by_name = {store.users[key]["userPrincipalName"].lower(): key for key in store.active}
        entries: list[Entry] = []
        for name, given in body.items():
            if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
                raise ValueError(f"'{name}' is a list of objects.")
            if name == "apps":
                entries += [self._owned(app, by_name) for app in given]
                continue
            kind = name.removesuffix("s")
            records = [seed.raw_object(kind, each, tenant_id, by_name) for each in given]
            entries += [(kind, record["id"], record) for record in records]
        store.put_many(entries)
        return {"written": len(entries)}

    def _owned(self, given: Record, by_name: dict[str, str]) -> Entry:
        app = self._service.store.of("app").get(str(given.get("appId")).lower())
        if app is None:
            raise ValueError(f"No app {given.get('appId')} to give owners to.")
        owners = [by_name[name.lower()] for name in given.get("owners", ()) if name.lower() in by_name]
        return ("app", app["appId"].lower(), {**app, "owners": owners})

    def provision(self, body: Any) -> dict[str, Any]:
        """Take a sync client's export: provision.py. Raises ValueError, nothing written."""
        return provision.run(self._service.store, self._service.settings, body)

    def switches(self, changes: Any = None) -> dict[str, bool]:
        """The tenant's features, after `changes` (facts §2 "Tenant switches"). Raises ValueError, nothing written."""
        store = self._service.store
        held: dict[str, bool] = dict(store.of("switches").get("features", {}))
        if changes is None:
            return held
        known = schema.properties("onPremisesDirectorySynchronizationFeature")
        if not isinstance(changes, dict) or not all(isinstance(value, bool) for value in changes.values()):
            raise ValueError("Send an object of features, each true or false.")
        if set(changes) - set(known):
            raise ValueError(f"No such feature: {', '.join(sorted(set(changes) - set(known)))}.")
        held |= changes
        store.put("switches", "features", held)
        return held

    def _existing(self, given: dict[str, Any]) -> Record:
        store = self._service.store
        key = str(given.get("id", "")).lower()
        if not key:
            key = min(store.holders("userPrincipalName", str(given.get("userPrincipalName")).lower()), default="")
        if key not in store.users:
            raise ValueError(f"No user {given.get('id') or given.get('userPrincipalName')} to change.")
        return store.users[key]

    def set_anchors(self, body: Any) -> dict[str, Any]:
        """Resolve `lab.immutableIdFrom`: `body` maps AD UPNs to ImmutableIds, kept for the next reset."""
        if not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
            raise ValueError("Send an object of AD userPrincipalName to ImmutableId.")
        anchors = {name.lower(): value for name, value in body.items()}
        self._service.store.put("anchors", "known", anchors)
        return self._resolve(anchors)

    def _resolve(self, anchors: dict[str, str]) -> dict[str, Any]:
        store = self._service.store
        entries: list[Entry] = []
        missing = []
        for key, user in store.users.items():
            source = user.get("lab", {}).get("immutableIdFrom")
            if source is None:
                continue
            if source.lower() in anchors:
                anchor = anchors[source.lower()]
                hidden = user["lab"]
                if user.get("onPremisesSyncEnabled"):
                    # Synchronized, so mapped to just that account (facts §2 "2026 hardening").
                    hidden = {**hidden, "onPremisesObjectIdentifier": object_identifier(anchor)}
                entries.append(("user", key, {**user, "onPremisesImmutableId": anchor, "lab": hidden}))
            else:
                missing.append(source)
        if entries:
            store.put_many(entries)
        return {"set": len(entries), "missing": sorted(missing)}
