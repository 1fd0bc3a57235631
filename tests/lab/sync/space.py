# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's memory between cycles: what is staged of each forest, what is joined, what the cloud has taken."""

from __future__ import annotations

import json
import uuid
from typing import Any

from lab.sync.problem import Problem
from lab.sync.state import ENTRA_CONNECTOR_ID, State, now


def connector_dn(anchor: str) -> str:
    """DN of an object in the Entra connector's space (facts §5)."""
    return "CN={" + anchor.encode("ascii").hex().upper() + "}"


def object_id(key: str) -> str:
    return str(uuid.uuid5(uuid.UUID(ENTRA_CONNECTOR_ID), key))


class Space:
    """What is remembered.

    ``ad``: {forest: {guid: staged}},
    ``joined``: {anchor: {record, guid, forest}},
    ``cloud``: {anchor: {record, error, id}}.

    A staged object: ``{dn, kind, anchor, record, filtered, writeback}``; ``record`` is what would be exported.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        memory = state.read("space.json", {})
        self.ad: dict[str, dict[str, dict[str, Any]]] = memory.get("ad", {})
        self.joined: dict[str, dict[str, Any]] = memory.get("joined", {})
        self.cloud: dict[str, dict[str, Any]] = memory.get("cloud", {})

    def save(self) -> None:
        self.state.write("space.json", {"ad": self.ad, "joined": self.joined, "cloud": self.cloud})
        self.state.write("cs.json", self._view())

    def problem(self, anchor: str, error: dict[str, Any]) -> Problem:
        """An export error that the space remembers."""
        dn = connector_dn(anchor)
        return Problem(
            "export",
            dn,
            object_id(dn),
            error["code"],
            error["message"],
            error.get("details"),
            error["first_occurred"],
            error["retry_count"],
            error.get("directory_code", ""),
        )

    def _view(self) -> list[dict[str, Any]]:
        """The objects as Get-ADSyncCSObject shows them."""
        entra = next(item for item in self.state.read("connectors.json") if item["Type"] == "Extensible2")
        failing = self.state.read("faults.json", {}).get("space_errors", {})
        view = []
        for anchor, entry in self.cloud.items():
            record = (self.joined.get(anchor) or entry).get("record") or {}
            attributes = {
                "userPrincipalName": record.get("userPrincipalName"),
                "displayName": record.get("displayName"),
                "mail": record.get("mail"),
                "onPremisesDistinguishedName": record.get("distinguishedName"),
                "onPremisesSamAccountName": record.get("samAccountName"),
                "cloudAnchor": f"User_{entry['id']}" if entry.get("id") else None,
            }
            kind = record.get("type", "user")
            shown = self._object(entra, connector_dn(anchor), kind, anchor, attributes, entry.get("error"))
            if anchor in failing:
                shown |= {"HasSyncError": True, "SynchronizationError": failing[anchor]}
            view.append(shown)
        return view

    def _object(
        self,
        connector: dict[str, str],
        dn: str,
        kind: str,
        anchor: str,
        attributes: dict[str, str | None],
        error: dict[str, Any] | None,
    ) -> dict[str, Any]:
        shown = None
        if error:
            # Seen: all of these names but ErrorLiteral, and ErrorExtraDetails in scripts that read it (facts §20).
            pairs = [{"Key": key, "Value": values} for key, values in (error.get("details") or {}).items()]
            shown = {
                "ErrorType": error["code"],
                "ErrorName": error["code"],
                "ErrorCode": error.get("directory_code", ""),
                "ErrorLiteral": error["message"],
                "ErrorExtraDetails": json.dumps(pairs) if pairs else "",
                "RetryCount": error["retry_count"],
                "InitialOccurrence": error["first_occurred"],
                "LatestOccurrence": now(),
                "ExportedChangedNotReimported": "",
                "SynchronizationStep": "",
                "StackTrace": "",
            }
        return {
            "ObjectId": object_id(dn),
            "ConnectorId": connector["Identifier"],
            "ConnectorName": connector["Name"],
            "ConnectorType": connector["Type"],
            "PartitionId": object_id("default"),
            "DistinguishedName": dn,
            "AnchorValue": anchor,
            "ObjectType": kind,
            "IsTransient": False,
            "IsPlaceHolder": False,
            "IsConnector": True,
            "HasSyncError": False,
            "HasExportError": bool(error),
            "ExportError": shown,
            "SynchronizationError": None,
            "ConnectedMVObjectId": object_id(f"mv/{anchor}"),
            "Lineage": [],
            "Attributes": [{"Name": name, "Values": [value]} for name, value in attributes.items() if value],
        }
