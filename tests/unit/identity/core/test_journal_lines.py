# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal's lines, and what a rollback makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import (
    ABORTED,
    OUTCOME_WIDTH,
    OUTCOMES,
    PENDING,
    REFUSED,
    UNKNOWN,
    WRITTEN,
    JournalEntry,
    JournalError,
    Line,
    decode,
    encode,
    encode_origin,
    fill_in,
    outcome_offset,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.rollback import (
    Undo,
    build_undos,
    check_place,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.origin import (
    Origin,
)

PROPERTY = "onPremisesImmutableId"
CONTOSO = ("tenant", "9d1c7f0a-53c4-4b8e-8f0e-2f6a1d7c4e11")
REQUEST = "7e1b3c52-5f0a-4d0e-8a6e-1c2d3e4f5a6b"
ORIGIN: Origin = {"controller": "runner-7", "job": None, "app": "a", "version": "1.0.0", "note": "CHG-2041"}
texts = st.none() | st.text(max_size=20)
changes = st.builds(
    JournalEntry,
    id=st.text(min_size=1, max_size=10),
    user_principal_name=texts,
    attribute=st.sampled_from([PROPERTY, "mS-DS-ConsistencyGuid"]),
    before=texts,
    after=texts,
    place=st.tuples(st.sampled_from(["tenant", "domain"]), texts),
)


def change(name: str, before: str | None, after: str | None) -> JournalEntry:
    return JournalEntry(f"id-{name}", f"{name}@contoso.com", PROPERTY, before, after, CONTOSO)


def line(run: str, made: JournalEntry, outcome: str = WRITTEN, rolls_back: tuple[str, ...] = ()) -> Line:
    return Line("2026-11-24T10:00:00.000000Z", run, rolls_back, made, outcome, 0)


@given(st.lists(changes), st.sampled_from(OUTCOMES))
def test_lines_come_back_as_they_were_and_their_outcome_is_where_it_is_said_to_be(
    made: list[JournalEntry], outcome: str
) -> None:
    raw = b"".join(encode("run", (), made))
    read = decode(raw, "journal")
    assert [found.entry for found in read.lines] == made
    assert {found.outcome for found in read.lines} <= {PENDING}
    for found in read.lines:
        raw = raw[: found.position] + outcome.encode() + raw[found.position + OUTCOME_WIDTH :]
    assert [found.outcome for found in decode(raw, "journal").lines] == [outcome] * len(made)


@given(st.lists(changes, min_size=1, max_size=3), st.data())
def test_cut_at_any_byte_all_whole_lines_are_read_and_the_rest_is_torn(
    made: list[JournalEntry], data: st.DataObject
) -> None:
    lines = encode("run", (), made)
    raw = b"".join(lines)
    cut = data.draw(st.integers(min_value=0, max_value=len(raw)))
    read = decode(raw[:cut], "journal")
    whole = [number for number in range(len(lines)) if sum(map(len, lines[: number + 1])) <= cut]
    assert len(read.lines) == len(whole)
    assert read.torn == (cut > sum(len(lines[number]) for number in whole))


def test_a_torn_line_that_a_later_run_ended_is_torn_and_not_an_error() -> None:
    first, second = encode("run", (), [change("a", None, "x"), change("b", None, "y")])
    read = decode(first[:50] + b"\n" + second, "journal")
    assert ([found.entry.id for found in read.lines], read.torn) == (["id-b"], 1)


def test_zeros_after_a_power_cut_are_torn() -> None:
    (only,) = encode("run", (), [change("a", None, "x")])
    assert decode(only + b"\0" * 40, "journal").torn == 1


@pytest.mark.parametrize("text", ["hello\n", "{}\n", '{"time":"x"}\n', "[1]\n", "null\n"])
def test_something_else_is_an_error_that_names_the_line(text: str) -> None:
    (only,) = encode("run", (), [change("a", None, "x")])
    with pytest.raises(JournalError, match=r"^Line 2 of /j is not a line of a journal\. Restore"):
        decode(only + text.encode(), "/j")


def test_an_outcome_that_nobody_writes_is_an_error() -> None:
    (only,) = encode("run", (), [change("a", None, "x")])
    with pytest.raises(JournalError, match="Line 1"):
        decode(only.replace(b"pending", b"perhaps"), "/j")


def test_a_line_is_what_the_documentation_shows() -> None:
    (only,) = encode("job 7", ("job 6",), [change("a", None, "x")])
    values = json.loads(only)
    time = values.pop("time")
    assert len(time) == len("2026-11-24T10:00:00.000000Z")
    assert time.endswith("Z")
    assert values == {
        "run": "job 7",
        "rolls_back": ["job 6"],
        "tenant": CONTOSO[1],
        "id": "id-a",
        "user_principal_name": "a@contoso.com",
        "attribute": PROPERTY,
        "before": None,
        "after": "x",
        "request_id": " " * 36,
        "outcome": "pending",
    }
    assert only[outcome_offset(only) :] == b'pending"}\n'


def test_only_lines_of_entra_have_room_for_a_request() -> None:
    (only,) = encode("run", (), [JournalEntry("a", None, "mail", None, "x", ("domain", "d"))])
    assert b"request_id" not in only
    (read,) = decode(only, "journal").lines
    assert read.request_id is None


def completed(line: bytes, outcome: str, request_id: str | None) -> bytes:
    distance, content = fill_in(outcome, request_id)
    start = outcome_offset(line) - distance
    return line[:start] + content + line[start + len(content) :]


def test_a_request_and_an_outcome_are_filled_in_together() -> None:
    (only,) = encode("run", (), [change("a", None, "x")])
    done = completed(only, WRITTEN, REQUEST)
    assert len(done) == len(only)
    (read,) = decode(done, "journal").lines
    assert (read.outcome, read.request_id, read.entry) == (WRITTEN, REQUEST, change("a", None, "x"))


@pytest.mark.parametrize("told", [None, "", "abc", f"{REQUEST}x", REQUEST[:-1] + "ä", REQUEST[:-1] + '"'])
def test_what_is_no_guid_is_not_filled_in(told: str | None) -> None:
    (only,) = encode("run", (), [change("a", None, "x")])
    (read,) = decode(completed(only, WRITTEN, told), "journal").lines
    assert (read.outcome, read.request_id) == (WRITTEN, None)


def test_a_power_cut_while_both_are_filled_in_leaves_a_line() -> None:
    """Any part of the bytes may be on the disk. The outcome is then what it was, what it became, or half of both."""
    (only,) = encode("run", (), [change("a", None, "x")])
    done = completed(only, WRITTEN, REQUEST)
    first = outcome_offset(only)
    for cut in range(first + 1):
        (read,) = decode(done[:cut] + only[cut:], "journal").lines
        assert (read.outcome, read.entry.id) == (PENDING, "id-a")
        assert read.request_id in (None, REQUEST)
        (read,) = decode(only[:cut] + done[cut:], "journal").lines
        assert read.outcome == WRITTEN


@pytest.mark.parametrize("origin", [ORIGIN, {**ORIGIN, "tenant": CONTOSO[1]}])
def test_the_origin_of_a_run_is_a_line_of_its_own(origin: Origin) -> None:
    """A task that writes only to AD says from which tenant the users are."""
    changes = encode("run", (), [change("a", None, "x")])
    line = encode_origin("run", origin)
    assert json.loads(line) | {"time": ""} == {"time": "", "run": "run", **origin}
    read = decode(b"".join([line, *changes]), "journal")
    assert read.origins == [("run", origin)]
    assert [(each.entry.id, each.position) for each in read.lines] == [("id-a", len(line) + outcome_offset(changes[0]))]


def test_cut_at_any_byte_an_origin_is_whole_or_torn() -> None:
    line = encode_origin(
        "run", {"controller": "c", "job": "https://ci/1", "app": None, "version": "1.0.0", "note": '"}'}
    )
    for cut in range(len(line)):
        read = decode(line[:cut], "journal")
        assert (read.origins, read.torn) == ([], int(cut > 0))


def test_cut_at_any_byte_and_ended_by_the_next_run_a_line_is_torn_or_whole() -> None:
    """The state of an account ends as a whole line does."""
    (line,) = encode("run", (), [JournalEntry("a@x", "a@x", "account", None, {"state": "s"}, ("domain", "d"))])
    for cut in range(1, len(line) - 1):
        read = decode(line[:cut] + b"\n", "journal")
        assert (len(read.lines), read.torn) == (0, 1), line[:cut]


def test_a_journal_with_the_line_ends_of_windows_is_an_error() -> None:
    lines = encode("run", (), [change("a", None, "x")])
    with pytest.raises(JournalError, match="Line 1"):
        decode(b"".join(lines).replace(b"\n", b"\r\n"), "/j")


@pytest.mark.parametrize("name", ["controller", "job", "note", "tenant"])
@pytest.mark.parametrize("value", [5, ["x"], {}])
def test_an_origin_that_nobody_writes_is_an_error(name: str, value: Any) -> None:
    line = {
        "time": "t",
        "run": "r",
        "controller": "c",
        "job": None,
        "app": None,
        "version": "1.0.0",
        "note": "n",
        name: value,
        "end": "x",
    }
    with pytest.raises(JournalError, match="Line 1"):
        decode(json.dumps(line, separators=(",", ":")).encode() + b"\n", "/j")


def test_a_run_on_another_tenant_is_refused() -> None:
    lines = [line("one", change("a", None, "x"))]
    check_place(lines, CONTOSO)
    check_place(lines, ("tenant", CONTOSO[1].upper()))
    for other in (("tenant", "00000000-53c4-4b8e-8f0e-2f6a1d7c4e11"), ("domain", CONTOSO[1])):
        with pytest.raises(
            InputError, match=rf"Run 'one' changed the tenant {CONTOSO[1]}, but this task is connected to"
        ):
            check_place(lines, other)


@pytest.mark.parametrize("place", [None, "", "contoso.onmicrosoft.com", 7, ["x"]])
def test_a_line_without_the_id_of_a_tenant_fits_no_tenant(place: Any) -> None:
    entry = JournalEntry("id-a", "a@contoso.com", PROPERTY, None, "x", ("tenant", place))
    with pytest.raises(
        InputError, match=f"but this task is connected to the tenant {CONTOSO[1]}. Change the connection"
    ):
        check_place([line("one", entry)], CONTOSO)


def test_runs_fold_to_the_first_before_and_the_last_after() -> None:
    lines = [
        line("one", change("a", None, "x")),
        line("two", change("a", "x", "y")),
        line("two", change("b", "v", None)),
    ]
    assert build_undos(lines) == [
        Undo("id-a", "a@contoso.com", PROPERTY, ("y",), None),
        Undo("id-b", "b@contoso.com", PROPERTY, (None,), "v"),
    ]


def test_what_was_never_done_is_not_undone() -> None:
    assert (
        build_undos([line("one", change("a", None, "x"), REFUSED), line("one", change("b", None, "y"), ABORTED)]) == []
    )


@pytest.mark.parametrize("outcome", [PENDING, UNKNOWN])
def test_where_nobody_knows_both_values_are_ours(outcome: str) -> None:
    lines = [line("one", change("a", None, "x")), line("one", change("a", "x", "y"), outcome)]
    (undo,) = build_undos(lines)
    assert (undo.expected, undo.restore) == (("x", "y"), None)
    assert undo.holds_ours("x")
    assert undo.holds_ours("y")
    assert not undo.holds_ours("z")
