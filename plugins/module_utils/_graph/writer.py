# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the steps of a plan for onPremisesImmutableId: the one place where such values are sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ansible_collections.hybrid.identity.plugins.module_utils._graph.batch import Item, Outcome, send_batch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.errors import GraphError, graph_error
from ansible_collections.hybrid.identity.plugins.module_utils._graph.recycle_bin import emptied
from ansible_collections.hybrid.identity.plugins.module_utils._graph.throttle import RETRY_STATUSES
from ansible_collections.hybrid.identity.plugins.module_utils._graph.transport import Transport
from ansible_collections.hybrid.identity.plugins.module_utils._identity.deleted_holders import (
    ATTRIBUTE,
    CLEARED,
    IN_BIN,
    KEPT,
    RESTORED,
    Holder,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import (
    CLEARED as STATUS_CLEARED,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.immutable_id_plan import PROPERTY, Step
from ansible_collections.hybrid.identity.plugins.module_utils._identity.journal import (
    REFUSED,
    UNKNOWN,
    WRITTEN,
    Change,
    JournalError,
    Recorder,
    unfinished,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.wishes import Wish


class Writer:
    """Sends steps, and tells a journal of each before and after.

    ``warnings`` holds a sentence once the journal could not take what came of a change.
    """

    def __init__(self, transport: Transport, recorder: Recorder | None, place: tuple[str, str | None]) -> None:
        self.warnings: list[str] = []
        self._transport = transport
        self._recorder = recorder
        self._place = place

    async def written(self, steps: Sequence[Step]) -> list[Step]:
        """The steps after the writes: the same, save those that Graph refused.

        Deleted holders of a value leave the recycle bin first. Values are cleared before others are set, since a value
        that moves has to leave its old holder first. Nothing is read back: a read right after a write may still show
        the old value (facts §1), and 204 is Graph's word.
        """
        if self._recorder is not None:
            held = {step.target["id"]: step.before for step in steps if step.target}
            await asyncio.to_thread(self._recorder.settle, PROPERTY, held)
            await asyncio.to_thread(self._recorder.settle, ATTRIBUTE, _seen_of_the_bin(steps))
        done = await self._after_the_bin(steps)
        for clears in (True, False):
            positions = [
                position for position, step in enumerate(done) if step.writes and (step.after is None) is clears
            ]
            outcomes = await self._patched([done[position] for position in positions])
            for position, outcome in zip(positions, outcomes, strict=True):
                done[position] = _settled(done[position], outcome)
        return done

    async def _after_the_bin(self, steps: Sequence[Step]) -> list[Step]:
        """The steps once their deleted holders are out of the way; where that fails, so does the step."""
        places = [
            (position, number)
            for position, step in enumerate(steps)
            if step.changes
            for number in range(len(step.holders))
        ]
        done = list(steps)
        problems = await self._emptied([steps[position].holders[number] for position, number in places])
        restored: list[tuple[int, int]] = []
        for (position, number), problem in zip(places, problems, strict=True):
            if problem is not None:
                done[position] = _with_holder(done[position], number, KEPT, problem.cause, problem.message)
            elif steps[position].holders[number].becomes == CLEARED:
                restored.append((position, number))
        clears = [_clearing(steps[position].holders[number]) for position, number in restored]
        outcomes = await self._patched(clears)
        for (position, number), clear, outcome in zip(restored, clears, outcomes, strict=True):
            after = _settled(clear, outcome)
            if after.cause and after.reason:
                done[position] = _with_holder(done[position], number, RESTORED, after.cause, after.reason)
        return done

    async def _emptied(self, holders: Sequence[Holder]) -> Sequence[GraphError | None]:
        if self._recorder is None or not holders:
            return await emptied(self._transport, holders)
        changes = [
            Change(holder.record["id"], holder.name, ATTRIBUTE, IN_BIN, holder.leaves_as, self._place)
            for holder in holders
        ]
        witness = _Witness(self._recorder, changes, _word_of_the_bin)
        problems = await emptied(self._transport, holders, witness)
        self.warnings += witness.warnings
        return problems

    async def _patched(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        if not steps:
            return []
        witness = None if self._recorder is None else _Witness(self._recorder, self._changes(steps))
        if len(steps) == 1:
            outcomes: Sequence[Outcome] = [await self._patched_alone(steps[0], witness)]
        else:
            items = [Item("PATCH", f"/users/{_id(step)}", {PROPERTY: step.after}) for step in steps]
            outcomes = await send_batch(self._transport, items, witness)
        if witness is not None:
            self.warnings += witness.warnings
        return outcomes

    async def _patched_alone(self, step: Step, witness: _Witness | None) -> Outcome:
        user = self._transport.client.users.by_user_id(_id(step))
        # By hand, since the SDK's model of a user gives a null the wrong key (facts §0.8):
        # tests/upstream/test_graph_sdk.py::test_a_null_gets_a_key_that_graph_does_not_know
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

    def __init__(
        self, recorder: Recorder, changes: Sequence[Change], word: Callable[[Outcome], str] | None = None
    ) -> None:
        self.warnings: list[str] = []
        self._word = word or _word
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
        words = {self._tickets[position]: self._word(outcome) for position, outcome in outcomes.items()}
        try:
            await asyncio.to_thread(self._recorder.complete, words)
        except JournalError as error:
            self.warnings = [unfinished(error)]


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


def _word_of_the_bin(outcome: Outcome) -> str:
    """The same of a restore or a purge: who is not in the recycle bin may have left it by an earlier try."""
    gone = not isinstance(outcome, GraphError) and outcome.status == 404
    return UNKNOWN if gone else _word(outcome)


def _seen_of_the_bin(steps: Sequence[Step]) -> dict[str, str]:
    """Who is known to be in the recycle bin, and who not (any more)."""
    active = {step.target["id"]: RESTORED for step in steps if step.target and not step.target["deleted"]}
    return {**active, **{holder.record["id"]: IN_BIN for step in steps for holder in step.holders}}


def _clearing(holder: Holder) -> Step:
    """The step that takes the value from a restored user."""
    record = {**holder.record, "user_principal_name": holder.name}
    wish = Wish(record, record["id"], None)
    return Step(wish, STATUS_CLEARED, record, before=record["immutable_id"], after=None)


def _with_holder(step: Step, number: int, becomes: str, cause: str, reason: str) -> Step:
    """The failed step, with what really became of one of its holders."""
    holders = [holder.now(becomes) if place == number else holder for place, holder in enumerate(step.holders)]
    return replace(step.failed(cause, reason), holders=tuple(holders))


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
