# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Entra Connect servers are set up to do, from what ``entra_connect_info`` returned of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.text.sentences import join_names
from .checks import HARD_MATCH, SYNC, Check, fine, not_made, unknown, wrong

SERVER, EXPORT, SCHEDULER, ANCHOR = "connect_server", "connect_export", "connect_scheduler", "connect_source_anchor"

AUTO = "auto"
_ANCHORS = ("objectguid", "ms-ds-consistencyguid")

Server = Mapping[str, Any]
"""What the module returned of a server, or why it did not; ``item`` is the server's name in the inventory."""


def check_connect(servers: Sequence[Server], stages: Sequence[str], source_anchor: str) -> list[Check]:
    """Return the checks of the servers. Without servers, there is one only if a stage would need a server."""
    if not servers:
        if not {HARD_MATCH, SYNC} & set(stages):
            return []
        return [
            unknown(
                SERVER,
                "No Entra Connect server is set, so no server was checked, and a run skips the stage sync.",
                "If you have one, set hybrid_identity_connect_host or add the server to the group entra_connect "
                "of the inventory.",
            )
        ]
    found = _check_servers(servers)
    set_up = [each for each in servers if each.get("configured") is True]
    if not set_up:
        whats = ((EXPORT, "Which server exports"), (SCHEDULER, "The scheduler"), (ANCHOR, "The source anchor"))
        return [found, *(not_made(name, what, SERVER) for name, what in whats)]
    exporting = [each for each in set_up if each.get("staging_mode") is False]
    anchor = _check_anchor(set_up, source_anchor)
    if SYNC not in stages and all(each.get("staging_mode") is True for each in set_up):
        name = _names(set_up)
        return [
            found,
            fine(EXPORT, f"{name} is in staging mode, and no stage of this run needs a server that exports."),
            fine(SCHEDULER, f"{name} is in staging mode and exports nothing, so a run does not hold the scheduler."),
            anchor,
        ]
    return [found, _check_export(set_up, exporting), _check_scheduler(exporting), anchor]


def _check_servers(servers: Sequence[Server]) -> Check:
    unread = [each for each in servers if each.get("configured") is None]
    bare = [each for each in servers if each.get("configured") is False]
    if unread:
        why = str(unread[0].get("msg") or "its PowerShell does not find the module ADSync").rstrip(".")
        return wrong(
            SERVER,
            f"{_names(unread)} could not be read: {why}.",
            "Check that Ansible reaches the server and that its account may run the ADSync cmdlets, or remove the "
            "server from the group entra_connect.",
        )
    if bare:
        return wrong(
            SERVER,
            f"Entra Connect is not set up on {_names(bare)}.",
            "Run the playbook hybrid.identity.entra_connect and complete the wizard, or remove the server from the "
            "group entra_connect.",
        )
    return fine(SERVER, f"Entra Connect is set up on {_names(servers)}.")


def _check_export(set_up: Sequence[Server], exporting: Sequence[Server]) -> Check:
    if len(exporting) > 1:
        return wrong(
            EXPORT,
            f"{_names(exporting)} all export to Entra ID, but Microsoft supports only one such server for each tenant.",
            "Put the others into staging mode in the wizard.",
        )
    if exporting:
        return fine(EXPORT, f"{_names(exporting)} exports to Entra ID.")
    if any(each.get("staging_mode") is None for each in set_up):
        return unknown(
            EXPORT,
            f"Whether {_names(set_up)} is in staging mode could not be read.",
            "Check that the service ADSync runs there.",
        )
    return wrong(
        EXPORT,
        f"{_names(set_up)} is in staging mode and no other server exports, so no cycle would match the users.",
        "If the users are not hard-matched yet, keep staging mode on and leave out the stage sync. After the hard "
        "match, check the pending exports of the server, and then turn off staging mode in the wizard.",
    )


def _check_scheduler(exporting: Sequence[Server]) -> Check:
    if not exporting:
        return not_made(SCHEDULER, "The scheduler", EXPORT)
    blind = [each for each in exporting if not isinstance(each.get("scheduler"), Mapping)]
    if blind:
        return unknown(
            SCHEDULER,
            f"The scheduler of {_names(blind)} could not be read.",
            "Check that the service ADSync runs there and that the account of Ansible may run Get-ADSyncScheduler.",
        )
    suspended = [each for each in exporting if each["scheduler"].get("scheduler_suspended")]
    disabled = [each for each in exporting if not each["scheduler"].get("sync_cycle_enabled")]
    if suspended:
        return wrong(
            SCHEDULER,
            f"The scheduler of {_names(suspended)} is suspended. This is the case while the wizard is open.",
            "Close the wizard on the server.",
        )
    if disabled:
        return wrong(
            SCHEDULER,
            f"The scheduler of {_names(disabled)} is disabled, so nothing is synchronised after a run.",
            "If it is not disabled on purpose, run Set-ADSyncScheduler -SyncCycleEnabled $true on the server, or the "
            "playbook hybrid.identity.release_scheduler if a run was killed.",
        )
    return fine(SCHEDULER, f"The scheduler of {_names(exporting)} is enabled.")


def _check_anchor(set_up: Sequence[Server], source_anchor: str) -> Check:
    used = {str(each["source_anchor"]).lower(): each for each in set_up if each.get("source_anchor")}
    if not used:
        return unknown(
            ANCHOR,
            f"The source anchor of {_names(set_up)} could not be read.",
            "Find it in the wizard (View or export current configuration), and set hybrid_identity_source_anchor.",
        )
    if len(used) > 1:
        return wrong(
            ANCHOR,
            f"The servers use different source anchors: {', '.join(sorted(used))}.",
            "Find out which is right for the tenant, and remove the other server from the group entra_connect.",
        )
    ((anchor, server),) = used.items()
    if anchor not in _ANCHORS:
        return wrong(
            ANCHOR,
            f"{_names([server])} makes ImmutableIds from {server['source_anchor']}, which this collection does not "
            "support.",
            "Do not hard-match for this server.",
        )
    if source_anchor != AUTO and source_anchor.lower() != anchor:
        return wrong(
            ANCHOR,
            f"{_names([server])} makes ImmutableIds from {server['source_anchor']}, and hybrid_identity_source_anchor "
            f"is {source_anchor}.",
            "Set hybrid_identity_source_anchor to auto.",
        )
    return fine(ANCHOR, f"{_names([server])} makes ImmutableIds from {server['source_anchor']}.")


def _names(servers: Sequence[Server]) -> str:
    return join_names([str(each.get("item")) for each in servers])
