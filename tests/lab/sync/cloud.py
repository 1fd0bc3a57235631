# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports to the emulator, which decides by itself what an object matches (facts §2)."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

_BATCH = 500


class Unreachable(Exception):
    """The emulator cannot be reached: the run ends in `no-start-connection` (facts §5)."""


def provision(
    cloud: dict[str, str], cycle_started: str, objects: list[dict[str, Any]], deletes: list[str]
) -> dict[str, dict[str, Any]]:
    """Send objects and deletions in batches; return the emulator's answer by source anchor.

    An answer: ``{"sourceAnchor", "outcome", "objectId"?, "error"?: {"code", "message", "details"?}}``; an object
    without an answer was not dealt with.
    """
    context = ssl.create_default_context(cafile=cloud["ca_cert"])
    answers: dict[str, dict[str, Any]] = {}
    batches: list[tuple[list[dict[str, Any]], list[str]]] = [
        (objects[at : at + _BATCH], []) for at in range(0, len(objects), _BATCH)
    ]
    with httpx.Client(base_url=cloud["url"], verify=context, timeout=120, trust_env=False) as client:
        for some, gone in [*batches, ([], deletes)] if deletes else batches:
            body = {"cycleStarted": cycle_started, "objects": some, "deletes": gone}
            try:
                response = client.post("/lab/provision", json=body)
            except httpx.HTTPError as error:
                raise Unreachable(str(error)) from error
            if response.status_code != 200:
                raise Unreachable(f"HTTP {response.status_code}: {response.text[:500]}")
            for result in response.json()["results"]:
                answers[result["sourceAnchor"]] = result
    return answers
