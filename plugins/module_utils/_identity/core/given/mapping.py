# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mapping of AD accounts to cloud users: a list of a playbook, or the lines of a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InputError
from ..identities.anchors import parse_guid
from ..identities.cloud_identity import read_object_id
from ..text.visible import visible
from .users import describe_keys

ACCOUNT, CLOUD_USER = "object_guid", "id"
COLUMNS = (ACCOUNT, CLOUD_USER)
"""The keys of an entry: the objectGUID of an AD account, and the object id of a cloud user."""
_LONGEST = 60


def read_mapping(entries: Iterable[Any], where: str = "mapping") -> dict[str, str]:
    """Return object ids of cloud users by dashed objectGUID. Other keys of an entry are ignored.

    ``where`` says in messages where the entries are from.

    :raises InputError: if an entry is not a dictionary with two GUIDs, or if two entries have the same account or cloud
        user.
    """
    mapping: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, entry in enumerate(entries, start=1):
        guid, cloud_id = _read_entry(entry, f"Entry {number} of {where}")
        for kind, key in (("account", guid), ("cloud user", f"cloud {cloud_id}")):
            if key in lines:
                raise InputError(
                    f"Entries {lines[key]} and {number} of {where} have the same {kind}; keep one of them."
                )
            lines[key] = number
        mapping[guid] = cloud_id
    return mapping


def parse_mapping(content: bytes, path: str) -> dict[str, str]:
    """Read the content of a CSV file in UTF-8. Its first line names the columns, two of which are COLUMNS.

    :raises InputError: if the content is not such a table, or for what ``read_mapping`` raises it.
    """
    where = f"mapping {path}"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{where} is not encoded in UTF-8; save it as CSV in UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        names = list(reader.fieldnames or ())
        for key in COLUMNS:
            if names.count(key) > 1:
                raise InputError(f"The first line of {where} has the column {key} {names.count(key)} times; keep one.")
        if not set(COLUMNS) <= set(names):
            found = describe_keys(dict.fromkeys(names), COLUMNS)
            wanted = f"must contain the columns {' and '.join(COLUMNS)}, separated by commas"
            raise InputError(f"The first line of {where} {wanted}. {found}".rstrip())
        return read_mapping(list(reader), where)
    except csv.Error as error:
        # Of the reader within: DictReader counts only the lines that it has returned.
        raise InputError(f"Line {reader.reader.line_num} of {where} is not valid CSV ({error}); correct it.") from None


def _read_entry(entry: Any, where: str) -> tuple[str, str]:
    if not isinstance(entry, Mapping) or not all(key in entry for key in COLUMNS):
        found = f" {describe_keys(entry, COLUMNS)}" if isinstance(entry, Mapping) else ""
        raise InputError(f"{where} must have {ACCOUNT} and {CLOUD_USER}.{found}")
    for key in COLUMNS:
        if not entry[key]:
            raise InputError(f"{where} has no value for {key}.")
    try:
        return str(parse_guid(_text(entry[ACCOUNT]))), read_object_id(_text(entry[CLOUD_USER])).key
    except InputError as error:
        raise InputError(f"{where}: {error.message}") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"{visible(str(value), _LONGEST)} is not a string; write the GUID in quotation marks.")
    return visible(value.strip(), _LONGEST)
