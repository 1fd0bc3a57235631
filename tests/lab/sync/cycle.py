# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cycle, in the documented order: import all, synchronize all, export to Entra, export to AD (facts §5)."""

from __future__ import annotations

import base64
from typing import Any

from ldap3.core.exceptions import LDAPException, LDAPInsufficientAccessRightsResult

from lab.sync import cloud, directory, scope
from lab.sync.clock import Clock
from lab.sync.history import History, Step
from lab.sync.problem import Problem
from lab.sync.space import Space, object_id
from lab.sync.state import State, now

ANCHOR_CHANGED = "FunctionEvaluationException: SourceAnchor attribute has changed.\n   at SyncRulesEngine.Evaluate()"
_NO_ANSWER = {"code": "no-answer", "message": "The cloud gave no answer for the object."}


class Cycle:
    """Runs the profiles of one cycle over the connectors of a state folder."""

    def __init__(self, state: State, policy: str, clock: Clock) -> None:
        self.state = state
        self.prefix = "Full" if policy == "initial" else "Delta"
        self.estate: dict[str, Any] = state.read("estate.json")
        connectors = state.read("connectors.json")
        by_name = {item["Name"]: item for item in connectors}
        self.forests = [(by_name[forest["name"]], forest) for forest in self.estate["forests"]]
        self.entra = next(item for item in connectors if item["Type"] == "Extensible2")
        self.staging = bool(state.read("scheduler.json")["StagingModeEnabled"])
        self.history = History(state, clock)
        self.space = Space(state)
        self.started = now()
        self.errors: dict[str, list[Problem]] = {}

    def run(self) -> None:
        for connector, forest in self.forests:
            with self.history.run(connector, f"{self.prefix} Import") as step:
                if step:
                    self.import_forest(forest, step)
        with self.history.run(self.entra, f"{self.prefix} Import") as step:
            if step:
                step.counts["StageNoChange"] = len(self.space.cloud)
        for connector, forest in self.forests:
            with self.history.run(connector, f"{self.prefix} Synchronization") as step:
                if step:
                    self.synchronize(forest, step)
        with self.history.run(self.entra, f"{self.prefix} Synchronization") as step:
            if step:
                step.counts["ConnectorNoFlow"] = len(self.space.cloud)
        self.space.save()
        if self.staging:
            return
        with self.history.run(self.entra, "Export") as step:
            if step:
                self.export_cloud(step)
        self.space.save()
        for connector, forest in self.forests:
            with self.history.run(connector, "Export") as step:
                if step:
                    self.export_forest(forest, step)
        self.space.save()

    def import_forest(self, forest: dict[str, Any], step: Step) -> None:
        attribute = self.estate["anchor_attribute"]
        try:
            with directory.connect(forest) as connection:
                found = directory.read(connection, forest)
        except (directory.Unreachable, LDAPException) as error:
            step.no_connection(forest["server"], error)
            return
        old = self.space.ad.get(forest["name"], {})
        new: dict[str, dict[str, Any]] = {}
        for item in found:
            guid = base64.b64encode(item.guid).decode()
            anchor = scope.source_anchor(item, attribute)
            staged = {
                "dn": item.dn,
                "kind": item.kind,
                "anchor": anchor,
                "record": scope.export_record(item, anchor, forest),
                "filtered": scope.out_of_scope(item),
                "writeback": item.kind == "user" and not item.raw(directory.CONSISTENCY_GUID),
                "anchor_changed": False,
            }
            before = old.get(guid)
            if before and before["anchor"] in self.space.joined and before["anchor"] != anchor:
                # Once it is in the connector space the anchor cannot change; the object stops synchronizing (facts §2).
                staged |= {"anchor": before["anchor"], "record": before["record"], "anchor_changed": True}
            if before is None:
                step.counts["StageAdd"] += 1
            elif before["dn"] != item.dn:
                step.counts["StageRename"] += 1
            else:
                step.counts["StageNoChange" if before["record"] == staged["record"] else "StageUpdate"] += 1
            new[guid] = staged
        step.counts["StageDelete"] = len(old.keys() - new.keys())
        self.space.ad[forest["name"]] = new

    def synchronize(self, forest: dict[str, Any], step: Step) -> None:
        name, joined = forest["name"], self.space.joined
        kept = set()
        for guid, staged in self.space.ad.get(name, {}).items():
            anchor = staged["anchor"]
            if staged["filtered"]:
                step.counts["DisconnectorFiltered"] += 1
                continue
            kept.add(anchor)
            if staged["anchor_changed"]:
                dn = staged["dn"]
                code = "sync-rule-error-function-triggered"
                step.fail(Problem("synchronization", dn, object_id(dn), code, stack=ANCHOR_CHANGED))
                continue
            entry = {"record": staged["record"], "guid": guid, "forest": name}
            if anchor not in joined:
                step.counts["DisconnectorProjectedFlow"] += 1
            elif joined[anchor]["guid"] != guid:
                step.counts["DisconnectorJoinedFlow"] += 1
            else:
                step.counts["ConnectorNoFlow" if joined[anchor]["record"] == entry["record"] else "ConnectorFlow"] += 1
            joined[anchor] = entry
        for anchor in [key for key, entry in joined.items() if entry["forest"] == name and key not in kept]:
            del joined[anchor]
            step.counts["ConnectorDeleteRemoveMv"] += 1

    def export_cloud(self, step: Step) -> None:
        taken, joined = self.space.cloud, self.space.joined
        pending = {}
        for anchor, entry in joined.items():
            known = taken.get(anchor, {})
            # What failed is tried again in every cycle.
            if known.get("error") or known.get("record") != entry["record"]:
                pending[anchor] = entry["record"]
        for anchor in [key for key in taken if key not in joined and not taken[key].get("record")]:
            del taken[anchor]
        deletes = [anchor for anchor in taken if anchor not in joined]
        if len(deletes) > int(self.estate["deletion_threshold"]):
            step.result = "stopped-deletion-threshold-exceeded"
            return
        refused = self._refusals(pending)
        sent = [record for anchor, record in pending.items() if anchor not in refused]
        try:
            answers = cloud.provision(self.estate["cloud"], self.started, sent, deletes) if sent or deletes else {}
        except cloud.Unreachable as error:
            step.no_connection(self.estate["cloud"]["url"], error)
            return
        for anchor, record in pending.items():
            self._take(step, anchor, record, refused.get(anchor) or answers.get(anchor))
        for anchor in deletes:
            answer = answers.get(anchor)
            if answer is None or answer["outcome"] == "error":
                self._refuse(step, anchor, answer)
            else:
                del taken[anchor]
                step.counts["ExportDelete"] += 1

    def _refusals(self, pending: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The failures that are set for objects, by UPN or anchor: {"code", "message", "details"?}."""
        wanted = self.history.faults.get("export_errors", {})
        found = {}
        for anchor, record in pending.items():
            error = wanted.get(anchor) or wanted.get(record.get("userPrincipalName", ""))
            if error:
                found[anchor] = {"sourceAnchor": anchor, "outcome": "error", "error": error}
        return found

    def _take(self, step: Step, anchor: str, record: dict[str, Any], answer: dict[str, Any] | None) -> None:
        known = self.space.cloud.setdefault(anchor, {"record": None, "error": None, "id": None})
        if answer is None or answer["outcome"] == "error":
            self._refuse(step, anchor, answer)
            return
        # A quarantined value is a success to the client: nothing here tells of it (facts §0.4).
        step.counts["ExportUpdate" if known["record"] else "ExportAdd"] += 1
        known.update(record=record, error=None, id=answer.get("objectId"))

    def _refuse(self, step: Step, anchor: str, answer: dict[str, Any] | None) -> None:
        known = self.space.cloud[anchor]
        before = known.get("error")
        said = (answer or {}).get("error") or _NO_ANSWER
        known["error"] = {
            **said,
            "first_occurred": before["first_occurred"] if before else now(),
            "retry_count": before["retry_count"] + 1 if before else 0,
        }
        step.fail(self.space.problem(anchor, known["error"]))

    def export_forest(self, forest: dict[str, Any], step: Step) -> None:
        """Write the anchor into the users that have none, as Entra Connect does (facts §2)."""
        if self.estate["anchor_attribute"] != directory.CONSISTENCY_GUID:
            return
        staged = self.space.ad.get(forest["name"], {})
        todo = {guid: one for guid, one in staged.items() if one["writeback"] and not one["filtered"]}
        if not todo:
            return
        try:
            with directory.connect(forest) as connection:
                for guid, one in todo.items():
                    try:
                        directory.write_consistency_guid(connection, one["dn"], base64.b64decode(guid))
                    except LDAPInsufficientAccessRightsResult as error:
                        # 8344 is Windows' ERROR_DS_INSUFF_ACCESS_RIGHTS (facts §20).
                        self._not_written(step, one["dn"], "permission-issue", error, "8344")
                    except LDAPException as error:
                        self._not_written(step, one["dn"], "cd-error", error)
                    else:
                        one["writeback"] = False
                        step.counts["ExportUpdate"] += 1
        except directory.Unreachable as error:
            step.no_connection(forest["server"], error)

    @staticmethod
    def _not_written(step: Step, dn: str, code: str, error: LDAPException, directory_code: str = "") -> None:
        said = str(error)
        step.fail(Problem("export", dn, object_id(dn), code, said, directory_code=directory_code))
