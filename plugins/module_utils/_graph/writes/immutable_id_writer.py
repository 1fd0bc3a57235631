# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the changes of a plan for onPremisesImmutableId. Only this file sends such values."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..._identity.core.errors import UNREACHABLE
from ..._identity.core.interrupted import mark_interrupted
from ..._identity.core.journal import (
    REFUSED,
    UNKNOWN,
    WRITTEN,
    JournalEntry,
    JournalError,
    JournalWriter,
    describe_unfinished,
)
from ..._identity.core.mapped import Mapped
from ..._identity.core.outcomes import CLEARED as STATUS_CLEARED
from ..._identity.core.records import AdUser
from ..._identity.entra.deleted_holders import ATTRIBUTE, CLEARED, IN_BIN, KEPT, RESTORED, DeletedHolder
from ..._identity.entra.immutable_id_plan import PROPERTY, ImmutableIdChange
from ..._identity.entra.immutable_id_requests import ImmutableIdRequest
from ..http.batch import Item, Outcome, send_batch
from ..http.errors import GraphError, graph_error
from ..http.pacing.throttle import RETRY_STATUSES
from ..http.transport import Transport
from .recycle_bin import purge_holders


class ImmutableIdWriter:
    """Sends changes, and journals each before it is sent and after its answer.

    ``warnings`` holds a sentence if the outcome of a change could not be journaled. ``so_far`` says, at any time, what
    happened to the changes.
    """

    def __init__(self, transport: Transport, journal_writer: JournalWriter | None, place: tuple[str, str]) -> None:
        self.warnings: list[str] = []
        self._done: list[ImmutableIdChange] = []
        self._open: set[int] = set()
        self._transport = transport
        self._journal_writer = journal_writer
        self._place = place

    async def write(self, changes: Sequence[ImmutableIdChange]) -> list[ImmutableIdChange]:
        """Write the changes and return them; those that Graph refused have failed.

        Deleted holders are restored or purged first. Values are cleared before others are set, because a value that
        moves must leave its old holder first. Nothing is read back: a read right after a write may still show the old
        value (facts §1), and 204 confirms the write.

        :raises JournalError: if the open lines of killed runs cannot be settled; nothing was written.
        """
        if self._journal_writer is not None:
            await asyncio.to_thread(self._journal_writer.settle, self._place, PROPERTY, _seen(changes))
            await asyncio.to_thread(self._journal_writer.settle, self._place, ATTRIBUTE, _seen_of_the_bin(changes))
        self._done = list(changes)
        self._open = {position for position, change in enumerate(changes) if change.changed}
        self._done = await self._after_the_bin(changes)
        for clears in (True, False):
            positions = [
                position
                for position, change in enumerate(self._done)
                if change.writes and (change.after is None) is clears
            ]
            await self._patched([self._done[position] for position in positions], positions)
        self._open.clear()
        return self._done

    def so_far(self) -> list[ImmutableIdChange]:
        """Return the changes with their outcomes; one without an outcome yet has failed."""
        return mark_interrupted(self._done, self._open)

    def _settle(self, position: int, outcome: Outcome) -> None:
        self._done[position] = _settled(self._done[position], outcome)
        self._open.discard(position)

    async def _after_the_bin(self, changes: Sequence[ImmutableIdChange]) -> list[ImmutableIdChange]:
        """Restore or purge deleted holders and return the changes; a change fails if that fails for its holder."""
        places = [
            (position, number)
            for position, change in enumerate(changes)
            if change.changed
            for number in range(len(change.holders))
        ]
        done = list(changes)
        problems = await self._emptied([changes[position].holders[number] for position, number in places])
        restored: list[tuple[int, int]] = []
        for (position, number), problem in zip(places, problems, strict=True):
            if problem is not None:
                done[position] = _with_holder(done[position], number, KEPT, problem.cause, problem.message)
            elif changes[position].holders[number].becomes == CLEARED:
                restored.append((position, number))
        clears = [_clearing(changes[position].holders[number]) for position, number in restored]
        outcomes = await self._patched(clears)
        for (position, number), clear, outcome in zip(restored, clears, outcomes, strict=True):
            after = _settled(clear, outcome)
            if after.cause and after.reason:
                done[position] = _with_holder(done[position], number, RESTORED, after.cause, after.reason)
        return done

    async def _emptied(self, holders: Sequence[DeletedHolder]) -> Sequence[GraphError | None]:
        if self._journal_writer is None or not holders:
            return await purge_holders(self._transport, holders)
        entries = [
            JournalEntry(holder.user.id, holder.name, ATTRIBUTE, IN_BIN, holder.leaves_as, self._place)
            for holder in holders
        ]
        witness = _Witness(self._journal_writer, entries, _word_of_the_bin)
        problems = await purge_holders(self._transport, holders, witness)
        self.warnings += witness.warnings
        return problems

    async def _patched(self, changes: Sequence[ImmutableIdChange], positions: Sequence[int] = ()) -> Sequence[Outcome]:
        """Send changes and return their outcomes; settle those of the plan, which ``positions`` names, at once."""
        if not changes:
            return []
        witness = _Witness(self._journal_writer, self._entries(changes), settle=self._settle, positions=positions)
        if len(changes) == 1:
            outcomes: Sequence[Outcome] = [await self._patched_alone(changes[0], witness)]
        else:
            outcomes = await send_batch(self._transport, Mapped(_item, changes), witness)
        for position, outcome in zip(positions, outcomes, strict=bool(positions)):
            if position in self._open:  # never sent, so that the witness was not told
                self._settle(position, outcome)
        self.warnings += witness.warnings
        return outcomes

    async def _patched_alone(self, change: ImmutableIdChange, witness: _Witness) -> Outcome:
        user = self._transport.client.users.by_user_id(_id(change))
        # Build the JSON here, because the SDK's model of a user writes null with a wrong key (facts §0.8):
        # tests/upstream/test_graph_sdk.py::test_a_null_gets_a_key_that_graph_does_not_know
        body = json.dumps({PROPERTY: change.after}, separators=(",", ":")).encode()
        outcome: Outcome
        try:
            await witness.sending([0])
        except GraphError as error:
            return error
        try:
            request = self._transport.write("PATCH", user.url_template, user.path_parameters, body)
            outcome = await self._transport.send(request)
        except GraphError as error:
            outcome = error
        await witness.settled({0: outcome})
        return outcome

    def _entries(self, changes: Sequence[ImmutableIdChange]) -> Sequence[JournalEntry]:
        def make(change: ImmutableIdChange) -> JournalEntry:
            return JournalEntry(
                _id(change), change.name, PROPERTY, before=change.before, after=change.after, place=self._place
            )

        return Mapped(make, changes)


class _Witness:
    """The witness of one ``send_batch``: settles its items and journals them, by position.

    ``settle`` is told the outcome of each item under the number that ``positions`` has for it.
    """

    def __init__(
        self,
        journal_writer: JournalWriter | None,
        entries: Sequence[JournalEntry],
        word: Callable[[Outcome], str] | None = None,
        settle: Callable[[int, Outcome], None] | None = None,
        positions: Sequence[int] = (),
    ) -> None:
        self.warnings: list[str] = []
        self._settle = settle
        self._positions = positions
        self._word = word or _word
        self._journal_writer = journal_writer
        self._entries = entries
        self._tickets: dict[int, int] = {}

    async def sending(self, positions: Sequence[int]) -> None:
        if self._journal_writer is None:
            return
        entries = [self._entries[position] for position in positions]
        try:
            # In a thread, because flushing takes time in which other batches can go on.
            tickets = await asyncio.to_thread(self._journal_writer.begin, entries)
        except JournalError as error:
            raise GraphError("journal_failed", error.message) from error
        self._tickets.update(zip(positions, tickets, strict=True))

    async def settled(self, outcomes: Mapping[int, Outcome]) -> None:
        if self._settle is not None and self._positions:
            for position, outcome in outcomes.items():
                self._settle(self._positions[position], outcome)
        if self._journal_writer is None:
            return
        words = {self._tickets[position]: self._word(outcome) for position, outcome in outcomes.items()}
        told = {self._tickets[position]: _request_id(outcome) for position, outcome in outcomes.items()}
        named = {ticket: request_id for ticket, request_id in told.items() if request_id}
        try:
            await asyncio.to_thread(self._journal_writer.complete, words, named)
        except JournalError as error:
            self.warnings = [describe_unfinished(error)]


def _item(change: ImmutableIdChange) -> Item:
    return Item("PATCH", f"/users/{_id(change)}", {PROPERTY: change.after})


def _id(change: ImmutableIdChange) -> str:
    if change.target is None:
        raise ValueError(f"{change.name} is nobody to write")
    return change.target.id


def _word(outcome: Outcome) -> str:
    """Return the journal's word for an outcome."""
    if isinstance(outcome, GraphError):
        status = outcome.details.get("status_code")
    elif outcome.ok:
        return WRITTEN
    else:
        status = outcome.status
    # If the last try was throttled, an earlier one that lost its connection may still have made the change.
    return REFUSED if status is not None and status < 500 and status not in RETRY_STATUSES else UNKNOWN


def _request_id(outcome: Outcome) -> str | None:
    return outcome.details.get("request_id") if isinstance(outcome, GraphError) else outcome.request_id


def _word_of_the_bin(outcome: Outcome) -> str:
    """Return the journal's word for a restore or a purge. After a 404, an earlier try may have made the change."""
    gone = not isinstance(outcome, GraphError) and outcome.status == 404
    return UNKNOWN if gone else _word(outcome)


def _seen(changes: Sequence[ImmutableIdChange]) -> dict[str, str | None]:
    """Return, by user id, the ImmutableIds that are known."""
    return {change.target.id: change.before for change in changes if change.target}


def _seen_of_the_bin(changes: Sequence[ImmutableIdChange]) -> dict[str, str]:
    """Return, by user id, which users are known to be in the recycle bin and which are active."""
    active = {change.target.id: RESTORED for change in changes if change.target and not change.target.deleted}
    return {**active, **{holder.user.id: IN_BIN for change in changes for holder in change.holders}}


def _clearing(holder: DeletedHolder) -> ImmutableIdChange:
    """Return the change that clears the value of a restored user."""
    user = replace(holder.user, user_principal_name=holder.name)
    request = ImmutableIdRequest(AdUser(), user.identities()[0], None)
    return ImmutableIdChange(request, STATUS_CLEARED, user, before=user.immutable_id, after=None)


def _with_holder(change: ImmutableIdChange, number: int, becomes: str, cause: str, reason: str) -> ImmutableIdChange:
    """Return the change as failed, with what really became of one of its holders."""
    holders = [holder.now(becomes) if place == number else holder for place, holder in enumerate(change.holders)]
    return replace(change.failed(cause, reason), holders=tuple(holders))


def _settled(change: ImmutableIdChange, outcome: Outcome) -> ImmutableIdChange:
    if isinstance(outcome, GraphError):
        if outcome.cause in UNREACHABLE:
            return change.failed(
                "connection_lost",
                f"{outcome.message} It is unknown whether the ImmutableId was written. Run the task again; it writes "
                "only what is missing.",
            )
        return change.failed(outcome.cause, outcome.message)
    if outcome.ok:
        return replace(change, request_id=outcome.request_id)
    error = graph_error(outcome, user=change.name)
    return change.failed(error.cause, error.message)
