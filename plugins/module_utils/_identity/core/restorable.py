# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback may do, whatever a journal says: the rules that all rollbacks share.

A journal is a file, and whoever can write it chooses its values. So a rollback names objects by what the directory says
now, and restores only values that the collection itself can have written.
"""

from __future__ import annotations

from typing import Any

from .errors import InputError
from .identities.anchors import guid_of_immutable_id, is_guid
from .identities.comparison import entra_key
from .refusal import Refusal


def refuse_renamed(then: Any, now: str | None) -> Refusal | None:
    """Refuse an object whose UPN, ``now``, is not the one that the journal has, ``then``. ASCII case does not count."""
    if then == now or (isinstance(then, str) and now is not None and entra_key(then) == entra_key(now)):
        return None
    return Refusal(
        "renamed_since",
        f"The UPN is {now or 'empty'} now, but in the journal it is {then or 'empty'}, so the rollback does not change "
        "this user. Find out whether both names belong to the same person. If so, set the old values by hand.",
    )


def refuse_immutable_id(value: Any, name: str) -> Refusal | None:
    """Refuse to restore an ImmutableId that no AD account has; None, which clears it, may always be restored."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            guid_of_immutable_id(value)
            return None
    except InputError:
        pass
    return not_ours("onPremisesImmutableId", value, name)


def refuse_anchor(value: Any, name: str) -> Refusal | None:
    """Refuse to restore a mS-DS-ConsistencyGuid that is not one GUID; None empties the attribute."""
    if value is None or is_guid(value):
        return None
    return not_ours("mS-DS-ConsistencyGuid", value, name)


def not_ours(attribute: str, value: Any, name: str) -> Refusal:
    """Return the refusal of a value that the collection cannot have written."""
    return Refusal(
        "not_restorable",
        f"The journal says that {attribute} of {name} was {value!r}. This collection never writes such a value, so it "
        "is not restored. Find out who changed the journal, or set the value by hand if it is right.",
    )
