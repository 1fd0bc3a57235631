# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of values in records that a playbook passes in. A playbook may have read them from any file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InputError

_TEXTS = (
    *("id", "user_principal_name", "distinguished_name", "mail", "object_guid", "consistency_guid", "source_anchor"),
    *("immutable_id", "external_directory_object_id", "object_soa", "object_sid"),
)


def check_records(records: Iterable[Mapping[str, Any]], texts: Iterable[str] = (), option: str = "users") -> None:
    """Check the values that sentences, comparisons and look-ups need. Missing ones and None are fine.

    ``texts`` are keys of texts besides those of an AD record and an Entra record. ``option`` is where records are from.

    :raises InputError: if a value is of another type; it names the record and the key.
    """
    keys = (*_TEXTS, *texts)
    for position, record in enumerate(records, start=1):
        wrong = next((key for key in keys if not _is_text(record.get(key))), None)
        wanted = "a text"
        if wrong is None and not _are_texts(record.get("proxy_addresses")):
            wrong, wanted = "proxy_addresses", "a list of strings"
        if wrong is None and not _is_group(record.get("attributes")):
            wrong, wanted = "attributes", "a dictionary of strings"
        if wrong is not None:
            raise InputError(
                f"{wrong} in record {position} of {option} must be {wanted}. Correct it, or use the records as a "
                "module of this collection returned them."
            )


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _is_group(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping) and all(map(_is_text, value.values())))
