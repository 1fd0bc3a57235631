# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The owner of the other ImmutableId in a conflict: the AD object whose GUID it is, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..core.errors import InputError
from ..core.identities.anchors import immutable_id_of_guid
from ..core.records import AdUser
from .exported import exported
from .predictions import AnchorOwner, Prediction

NOBODY = "nobody"
_CAUSE = "anchor_differs"


def list_foreign_anchors(found: Sequence[Prediction]) -> list[str]:
    """Return the ImmutableIds whose owner is not known yet, sorted."""
    values = (each.cloud.immutable_id for each in found if each.cloud and _is_open(each))
    return sorted({str(value) for value in values})


def add_owners(found: Sequence[Prediction], owners: Mapping[str, AnchorOwner]) -> list[Prediction]:
    """Add to the predictions whose ImmutableIds these are, as Active Directory says."""
    return [_add_owner(each, owners) for each in found]


def add_known_owners(found: Sequence[Prediction], ad_users: Sequence[AdUser]) -> list[Prediction]:
    """Add the owners that are among ``ad_users``, the AD users of the list."""
    if not any(_is_open(each) for each in found):
        return list(found)
    owners: dict[str, AnchorOwner] = {}
    for user in ad_users:
        owner = AnchorOwner("user", user.name)
        for value in (exported(user).anchor, _guid_anchor(user)):
            if value:
                owners.setdefault(value, owner)
    return add_owners(found, owners)


def _guid_anchor(user: AdUser) -> str | None:
    try:
        return immutable_id_of_guid(user.object_guid) if user.object_guid else None
    except InputError:
        return None


def _is_open(each: Prediction) -> bool:
    return _CAUSE in each.causes and each.anchor_owner is None and each.cloud is not None


def _add_owner(each: Prediction, owners: Mapping[str, AnchorOwner]) -> Prediction:
    if not _is_open(each) or each.cloud is None:
        return each
    owner = owners.get(each.cloud.immutable_id or "")
    if owner is None:
        return each
    cause = f"held_by_{owner.kind}"
    if owner.kind == NOBODY:
        whose = "No object in Active Directory has this GUID."
    else:
        whose = f"In Active Directory, it belongs to the {owner.kind} {owner.name}."
    is_first = each.cause == _CAUSE
    return replace(
        each,
        anchor_owner=owner,
        cause=cause if is_first else each.cause,
        causes=tuple(dict.fromkeys((cause, *each.causes) if is_first else (*each.causes, cause))),
        reason=f"{each.reason} {whose}" if is_first else each.reason,
    )
