# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of run files: what was written is what is read, and what is damaged is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import (
    PLAN,
    RESULT,
    VERSION,
    Header,
    encode_file,
    read_header,
    read_records,
)

HEADER: Header = {
    "version": VERSION,
    "kind": PLAN,
    "tenant": "t",
    "domain": None,
    "module": "match_plan",
    "run": "r",
    "host": "h",
    "origin": {"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
    "scope": {"all": True},
    "terms": {},
    "time": "2026-11-29T10:15:00Z",
    "facts": {"verdict": ""},
}


def lines(*records: Any, header: Any = None) -> list[bytes]:
    return [*encode_file(header or HEADER, records)]


def read(content: Iterable[bytes]) -> list[dict[str, Any]]:
    first, *rest = content
    read_header(first, "plan.jsonl", [PLAN])
    return [*read_records(rest, "plan.jsonl")]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.text(), values, max_size=3).filter(lambda each: each.keys() != {"end"}), max_size=5))
def test_what_was_written_is_read(records: list[dict[str, Any]]) -> None:
    """Also newlines of every kind, and half of a surrogate pair, which a directory may send."""
    written = lines(*records)
    assert [line.count(b"\n") for line in written] == [1] * (len(records) + 2)
    assert read(written) == records


def test_half_of_a_surrogate_pair_survives() -> None:
    assert read(lines({"name": "a\ud800b\u2028\x00"})) == [{"name": "a\ud800b\u2028\x00"}]


def test_the_first_and_the_last_line() -> None:
    first, *_records, last = lines({"a": 1}, {"b": 2})
    assert json.loads(first) == HEADER
    assert json.loads(last) == {"end": {"count": 2}}
    assert read_header(first, "x", [RESULT, PLAN]) == HEADER


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_file_that_is_cut_short_after_a_line(count: int) -> None:
    with pytest.raises(InputError, match=r"^plan.jsonl is incomplete; create it again"):
        read(lines({"a": 1}, {"b": 2})[:count])


def test_a_file_that_is_cut_short_anywhere() -> None:
    content = b"".join(lines({"a": "ä"}, {"b": 2}))
    for size in range(len(content) - 1):  # without its last newline it is whole
        with pytest.raises(InputError):
            read(content[:size].splitlines(keepends=True) or [b""])


@pytest.mark.parametrize(
    "end", [{"count": 1}, {"count": 3}, {"count": "2"}, {"count": 2, "more": 1}, {}, None, 2, [], {"count": None}]
)
def test_an_end_that_counts_other_records(end: Any) -> None:
    written = [*lines({"a": 1}, {"b": 2})[:-1], json.dumps({"end": end}).encode()]
    with pytest.raises(InputError, match="is incomplete"):
        read(written)


@pytest.mark.parametrize("more", [b'{"a":1}\n', b'{"end":{"count":1}}\n', b"\n", b"x"])
def test_lines_after_the_end(more: bytes) -> None:
    with pytest.raises(InputError, match="has lines after its end; create it again"):
        read([*lines({"a": 1}), more])


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"no JSON\n",
        b"[1]\n",
        b'"a"\n',
        b"7\n",
        b"null\n",
        b"\xff\n",
        b'{"a":\n',
        b'{"a":' * 100_000,
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_record_is_named(line: bytes) -> None:
    first, record, end = lines({"a": 1})
    with pytest.raises(InputError, match=r"^Line 3 of plan.jsonl is not a record; create the file again"):
        read([first, record, line, end])


@pytest.mark.parametrize(
    "line", [b"", b"no JSON", b"[]", b"{}", b"null", b"\xff\xfe", b'{"version": 1}', b'"x"', b"[" * 10**5]
)
def test_a_file_that_is_none_of_ours(line: bytes) -> None:
    with pytest.raises(InputError, match=r"plan\.jsonl is not a run file of this collection; check the path"):
        read_header(line, "plan.jsonl", [PLAN])


def test_a_header_with_other_keys() -> None:
    for other in ({**HEADER, "more": 1}, {name: value for name, value in HEADER.items() if name != "host"}):
        with pytest.raises(InputError, match="is not a run file of this collection"):
            read_header(json.dumps(other).encode(), "plan.jsonl", [PLAN])


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_file_of_another_version(version: Any) -> None:
    with pytest.raises(InputError, match=rf"written by another version of this collection \(format {version}, not 1\)"):
        read_header(json.dumps({**HEADER, "version": version}).encode(), "plan.jsonl", [PLAN])


def test_a_file_of_another_kind() -> None:
    line = lines()[0]
    with pytest.raises(InputError, match=r"plan.jsonl contains a plan, but this task needs a result\."):
        read_header(line, "plan.jsonl", [RESULT])
    with pytest.raises(InputError, match="this task needs a result or a users"):
        read_header(line, "plan.jsonl", [RESULT, "users"])


@pytest.mark.parametrize("name", sorted(HEADER.keys() - {"version"}))
@pytest.mark.parametrize("value", [5, True, ["x"], [["x"]], "x", {"a": 1}])
def test_a_header_with_a_value_of_another_type(name: str, value: Any) -> None:
    line = json.dumps({**HEADER, name: value}).encode()
    if isinstance(value, type(HEADER[name])) or (name == "domain" and value == "x"):  # type: ignore[literal-required]
        return
    with pytest.raises(InputError, match=rf"^{name} in the first line of plan.jsonl is not valid; create"):
        read_header(line, "plan.jsonl", [PLAN])


@pytest.mark.parametrize(
    "change", [{"controller": None}, {"job": 5}, {"app": ["x"]}, {"note": None}, {"more": "x"}, {"controller": {}}]
)
def test_an_origin_of_another_form(change: dict[str, Any]) -> None:
    line = json.dumps({**HEADER, "origin": {**HEADER["origin"], **change}}).encode()
    with pytest.raises(InputError, match=r"^origin in the first line of plan.jsonl is not valid"):
        read_header(line, "plan.jsonl", [PLAN])


@pytest.mark.parametrize("version", [True, [1], {}, 1.0, float("inf")])
def test_a_version_that_is_no_number(version: Any) -> None:
    with pytest.raises(InputError, match="is not a run file of this collection"):
        read_header(json.dumps({**HEADER, "version": version}).encode(), "plan.jsonl", [PLAN])
