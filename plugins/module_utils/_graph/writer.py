# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the steps of a plan for onPremisesImmutableId: the one place where such values are sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence

from ansible_collections.hybrid.identity.plugins.module_utils._graph.batch import Item, Outcome, send_batch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.errors import GraphError, graph_error
from ansible_collections.hybrid.identity.plugins.module_utils._graph.throttle import RETRY_STATUSES
from ansible_collections.hybrid.identity.plugins.module_utils._graph.transport import Transport
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import PROPERTY, Step
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import (
    REFUSED,
    UNKNOWN,
    WRITTEN,
    Change,
    JournalError,
    Recorder,
)


class Writer:
    """Sends steps, and tells a journal of each before and after.

    ``warnings`` holds a sentence once the journal could not take what came of a change.
    """

    def __init__(
        self, transport: Transport, concurrency: int, recorder: Recorder | None, place: tuple[str, str | None]
    ) -> None:
        self.warnings: list[str] = []
        self._transport = transport
        self._concurrency = concurrency
        self._recorder = recorder
        self._place = place

    async def written(self, steps: Sequence[Step]) -> list[Step]:
        """The steps after the writes: the same, save those that Graph refused.

        Values are cleared before others are set, since a value that moves has to leave its old holder first. Nothing is
        read back: a read right after a write may still show the old value (facts §1), and 204 is Graph's word.
        """
        if self._recorder is not None:
            held = {step.target["id"]: step.before for step in steps if step.target}
            await asyncio.to_thread(self._recorder.settle, PROPERTY, held)
        done = list(steps)
        for clears in (True, False):
            positions = [
                position for position, step in enumerate(steps) if step.changes and (step.after is None) is clears
            ]
            outcomes = await self._patched([steps[position] for position in positions])
            for position, outcome in zip(positions, outcomes, strict=True):
                done[position] = _settled(steps[position], outcome)
        return done

    async def _patched(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        if not steps:
            return []
        witness = None if self._recorder is None else _Witness(self._recorder, self._changes(steps))
        if len(steps) == 1:
            outcomes: Sequence[Outcome] = [await self._patched_alone(steps[0], witness)]
        else:
            items = [Item("PATCH", f"/users/{_id(step)}", {PROPERTY: step.after}) for step in steps]
            outcomes = await send_batch(self._transport, items, self._concurrency, witness)
        if witness is not None:
            self.warnings += witness.warnings
        return outcomes

    async def _patched_alone(self, step: Step, witness: _Witness | None) -> Outcome:
        user = self._transport.client.users.by_user_id(_id(step))
        # By hand, since the SDK's model of a user drops a null (facts §0.8).
        body = json.dumps({PROPERTY: step.after}, separators=(",", ":")).encode()
        outcome: Outcome
        try:
            if witness is not None:
                await witness.sending([0])
        except GraphError as error:
            return error
        try:
            request = self._transport.write("PATCH", user.url_template, user.path_parameters, body)
            outcome = await self._transport.send(request)
        except GraphError as error:
            outcome = error
        if witness is not None:
            await witness.settled({0: outcome})
        return outcome

    def _changes(self, steps: Sequence[Step]) -> list[Change]:
        return [
            Change(_id(step), step.name, PROPERTY, before=step.before, after=step.after, place=self._place)
            for step in steps
        ]


class _Witness:
    """Has the journal know of the items of one ``send_batch``, by their positions."""

    def __init__(self, recorder: Recorder, changes: Sequence[Change]) -> None:
        self.warnings: list[str] = []
        self._recorder = recorder
        self._changes = changes
        self._tickets: dict[int, int] = {}

    async def sending(self, positions: Sequence[int]) -> None:
        changes = [self._changes[position] for position in positions]
        try:
            # Flushing takes a while in which other batches can go on.
            tickets = await asyncio.to_thread(self._recorder.begin, changes)
        except JournalError as error:
            raise GraphError("journal_failed", error.message) from error
        self._tickets.update(zip(positions, tickets, strict=True))

    async def settled(self, outcomes: Mapping[int, Outcome]) -> None:
        words = {self._tickets[position]: _word(outcome) for position, outcome in outcomes.items()}
        try:
            await asyncio.to_thread(self._recorder.complete, words)
        except JournalError as error:
            self.warnings = [
                f"{error.message} What came of the last changes is missing there: they read as pending, until another "
                "run with this journal looks at these users."
            ]


def _id(step: Step) -> str:
    return str((step.target or {})["id"])


def _word(outcome: Outcome) -> str:
    """What a journal says of an outcome."""
    if isinstance(outcome, GraphError):
        status = outcome.details.get("status_code")
    elif outcome.ok:
        return WRITTEN
    else:
        status = outcome.status
    # Told to come later, nobody knows what an earlier try that lost its connection has done.
    return REFUSED if status is not None and status < 500 and status not in RETRY_STATUSES else UNKNOWN


def _settled(step: Step, outcome: Outcome) -> Step:
    if isinstance(outcome, GraphError):
        if outcome.cause == "unreachable":
            return step.failed(
                "connection_lost",
                f"{outcome.message} Whether the ImmutableId was written is unknown; run the task again, which "
                "writes only what is missing.",
            )
        return step.failed(outcome.cause, outcome.message)
    if outcome.ok:
        return step
    error = graph_error(outcome, user=step.name)
    return step.failed(error.cause, error.message)
