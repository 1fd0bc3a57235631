# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users whom earlier runs wrote, and who are neither proven nor cleared since.

What is compared: the journals of the runs in one folder, in the order of their names, and the proofs of these runs. A
user is written if a journal says that onPremisesImmutableId of the cloud user got a value, or perhaps got it; cleared
if a later line says that the value was removed; proven if a proof of the same run or a later one found that very value
verified for that cloud user.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.identities.comparison import entra_key
from ..core.journal import OPEN, WRITTEN, Line
from ..core.outcomes import SKIPPED, VERIFIED
from ..core.text.counts import amount, plural
from .findings import Finding

_PROPERTY = "onPremisesImmutableId"
_SHOWN = 5


@dataclass(frozen=True)
class EarlierRun:
    """A run in the folder. ``is_ours``: whether it was for the same inventory host.

    ``proof`` reads the records of the run's proof; there are none without one.
    """

    name: str
    is_ours: bool
    lines: Sequence[Line]
    proof: Callable[[], Iterable[Mapping[str, Any]]]


@dataclass(frozen=True)
class Written:
    """A cloud user whom a run wrote: the value, the run, and the name for sentences."""

    value: Any
    run: EarlierRun
    name: str


def find_unproven(runs: Iterable[EarlierRun], tenant: str, found: Iterable[Finding]) -> list[Written]:
    """Return the users of this tenant whom runs of this host wrote, and who are neither proven nor cleared since.

    ``runs`` are the earlier runs, the oldest first. ``found`` is what this run found of its own users: whoever it found
    verified is proven, and whom it did not, it reports itself.
    """
    open_users: dict[str, Written] = {}
    for run in runs:
        _take_lines(open_users, run, tenant)
        if open_users:
            for record in run.proof():
                _take_proof(open_users, record)
    own = {finding.target.user.id for finding in found if finding.target and finding.status != SKIPPED}
    return [each for key, each in open_users.items() if each.run.is_ours and key not in own]


def describe_unproven(unproven: Collection[Written]) -> str:
    """Return the sentence that names them and says what to do; empty if there are none."""
    if not unproven:
        return ""
    names = ", ".join(f"{each.name} (run {each.run.name})" for each in [*unproven][:_SHOWN])
    more = f" and {len(unproven) - _SHOWN} more" if len(unproven) > _SHOWN else ""
    return (
        f"{amount(len(unproven), 'user')} of earlier runs {plural(len(unproven), 'is', 'are')} neither proven nor "
        f"cleared: {names}{more}. Set sync_run to the name of the run to prove them, include them in the scope of a "
        "run, or roll the run back. If none of this is possible any more, check these users in Entra ID, and then move "
        "the folder of the run to another place."
    )


def _take_lines(open_users: dict[str, Written], run: EarlierRun, tenant: str) -> None:
    for line in run.lines:
        entry = line.entry
        what, place = entry.place
        if entry.attribute != _PROPERTY or what != "tenant" or entra_key(place or "") != entra_key(tenant):
            continue
        if entry.after is not None and line.outcome in (WRITTEN, *OPEN):
            open_users[entry.id] = Written(entry.after, run, entry.user_principal_name or entry.id)
        elif entry.after is None and line.outcome == WRITTEN:
            open_users.pop(entry.id, None)


def _take_proof(open_users: dict[str, Written], record: Mapping[str, Any]) -> None:
    cloud, sync = record["cloud"], record["sync"]
    written = open_users.get(cloud["id"]) if cloud else None
    if written and sync and sync["status"] == VERIFIED and sync["immutable_id"] == written.value:
        del open_users[cloud["id"]]
