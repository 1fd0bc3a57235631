# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose GUID the other ImmutableId of a conflict is: a user's, a contact's, a group's, a computer's, or nobody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import immutable_id_of_guid
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.export_names import exported
from ansible_collections.hybrid.identity.plugins.module_utils._identity.predictions import Prediction
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record, record_name

NOBODY = "nobody"
_CAUSE = "anchor_differs"


def foreign_anchors(found: Sequence[Prediction]) -> list[str]:
    """The ImmutableIds of which it is not known yet whose they are."""
    values = (each.cloud["immutable_id"] for each in found if each.cloud and _is_open(each))
    return sorted({str(value) for value in values})


def with_owners(found: Sequence[Prediction], owners: Mapping[str, Mapping[str, Any]]) -> list[Prediction]:
    """The predictions with what Active Directory says of these ImmutableIds: ``{"kind", "name"}`` by ImmutableId."""
    return [_with_owner(each, owners) for each in found]


def with_known_owners(found: Sequence[Prediction], ad_users: Sequence[Mapping[str, Any]]) -> list[Prediction]:
    """The same from the AD users of the list."""
    if not any(_is_open(each) for each in found):
        return list(found)
    owners: dict[str, Record] = {}
    for record in ad_users:
        owner = {"kind": "user", "name": record_name(record)}
        for value in (exported(record).anchor, _guid_anchor(record)):
            if value:
                owners.setdefault(value, owner)
    return with_owners(found, owners)


def _guid_anchor(record: Mapping[str, Any]) -> str | None:
    try:
        return immutable_id_of_guid(str(record["object_guid"])) if record.get("object_guid") else None
    except InputError:
        return None


def _is_open(each: Prediction) -> bool:
    return _CAUSE in each.causes and each.anchor_owner is None and each.cloud is not None


def _with_owner(each: Prediction, owners: Mapping[str, Mapping[str, Any]]) -> Prediction:
    if not _is_open(each) or each.cloud is None:
        return each
    owner = owners.get(each.cloud["immutable_id"])
    if owner is None:
        return each
    cause = f"held_by_{owner['kind']}"
    if owner["kind"] == NOBODY:
        whose = "No object of Active Directory has it as its GUID."
    else:
        whose = f"In Active Directory it is the {owner['kind']} {owner['name']}."
    is_first = each.cause == _CAUSE
    return replace(
        each,
        anchor_owner=dict(owner),
        cause=cause if is_first else each.cause,
        causes=tuple(dict.fromkeys((cause, *each.causes) if is_first else (*each.causes, cause))),
        reason=f"{each.reason} {whose}" if is_first else each.reason,
    )
