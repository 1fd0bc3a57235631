# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of runs: JSON Lines with a header, one record a line, and an end line that shows that nothing is missing.

Plans, results, proofs and lists of users all have this form. docs/files.md describes it for people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypedDict

from ..errors import InputError
from .origin import Origin, is_origin

VERSION: Final = 1

USERS, PLAN, RESULT, PROOF = "users", "plan", "result", "proof"

_START = b'{"version":'
_MAPPINGS = ("scope", "terms", "facts")
_MAY_MISS = ("tenant", "domain")


class Header(TypedDict):
    """The first line of a file.

    ``tenant`` is the tenant's id, ``domain`` the objectGUID of the domain's object; None if the module did not ask
    there. ``scope`` and ``terms`` are what the caller asked for and allowed. ``time`` is UTC, in ISO 8601.
    ``facts`` has what the module found out about all users together: its summary, caveats and verdict.
    ``_module/run_files.py`` makes headers.
    """

    version: int
    kind: str
    tenant: str | None
    domain: str | None
    module: str
    run: str
    host: str
    origin: Origin
    scope: Mapping[str, Any]
    terms: Mapping[str, Any]
    time: str
    facts: Mapping[str, Any]


def encode_file(header: Header, records: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Return the lines of a file, with their newlines."""
    yield _line(header)
    count = 0
    for record in records:
        yield _line(record)
        count += 1
    yield _line({"end": {"count": count}})


def is_run_file(beginning: bytes) -> bool:
    """Return whether a file that begins like this is one of a run, or empty."""
    return not beginning or beginning.startswith(_START)


def read_header(line: bytes, path: str, kinds: Iterable[str]) -> Header:
    """Return the header of a file, given its first line. ``path`` is for messages.

    :raises InputError: if the line is no header of this version, or of none of these kinds.
    """
    header = _read(line)
    if (
        not isinstance(header, dict)
        or header.keys() != Header.__annotations__.keys()
        or not (header["version"] is None or type(header["version"]) in (int, str))
    ):
        raise InputError(f"{path} is not a run file of this collection; check the path.")
    if header["version"] != VERSION:
        raise InputError(
            f"{path} was written by another version of this collection (format {header['version']}, not {VERSION}). "
            "Create it again with this version."
        )
    wrong = next((name for name, value in header.items() if name != "version" and not _is_right(name, value)), None)
    if wrong:
        raise InputError(f"{wrong} in the first line of {path} is not valid; create the file again.")
    wanted = tuple(kinds)
    if header["kind"] not in wanted:
        raise InputError(f"{path} contains a {header['kind']}, but this task needs a {' or a '.join(wanted)}.")
    return Header(**header)  # type: ignore[typeddict-item]  # the keys were compared above


def read_records(lines: Iterable[bytes], path: str) -> Iterator[dict[str, Any]]:
    """Return the records of a file, given the lines after its header.

    :raises InputError: if a line is not a record, or if the end line is missing or counts other records: the file was
        cut short.
    """
    count = 0
    ended = None
    for line in lines:
        if ended is not None:
            raise InputError(f"{path} has lines after its end; create it again.")
        record = _read(line)
        if not isinstance(record, dict):
            raise InputError(f"Line {count + 2} of {path} is not a record; create the file again.")
        if record.keys() == {"end"}:
            ended = record["end"]
            continue
        count += 1
        yield record
    if ended != {"count": count}:
        raise InputError(f"{path} is incomplete; create it again.")


def _read(line: bytes) -> Any:
    """Return the JSON of a line, None if it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _is_right(name: str, value: Any) -> bool:
    if name in _MAPPINGS:
        return isinstance(value, dict)
    if name == "origin":
        return is_origin(value)
    return isinstance(value, str) or (value is None and name in _MAY_MISS)


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
