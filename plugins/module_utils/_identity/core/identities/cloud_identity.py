# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What names a cloud user: a UPN, which has an ``@``, or an object id, which is a GUID. No text is both."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import InputError
from .anchors import is_guid
from .comparison import entra_key
from .upn import is_possible_upn, upn_fault

UPN, OBJECT_ID = "user_principal_name", "id"
"""The kinds of identities: the key of an Entra record that an identity is compared with."""


@dataclass(frozen=True, slots=True)
class CloudIdentity:
    """An identity. Two are equal if they name the same user; ``text`` is how this one is spelled."""

    kind: str
    key: str
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text


def read_identity(text: str) -> CloudIdentity:
    """Read a UPN or an object id from the caller.

    :raises InputError: if it is neither.
    """
    if is_guid(text):
        return _identity(OBJECT_ID, text)
    if "@" in text:
        return read_upn(text)
    raise InputError(f"{text!r} is neither a UPN (name@domain) nor an object id (a GUID with dashes); correct it.")


def read_object_id(text: str) -> CloudIdentity:
    """Read an object id.

    :raises InputError: if the text is anything else.
    """
    if not is_guid(text):
        raise InputError(f"{text!r} is not the object id of a cloud user, which is a GUID with dashes; correct it.")
    return _identity(OBJECT_ID, text)


def read_upn(text: str) -> CloudIdentity:
    """Read a UPN, also one that Entra Connect would not keep if a cloud user can have it.

    :raises InputError: if no cloud user can have it.
    """
    if not is_possible_upn(text):
        raise InputError(f"{upn_fault(text)}; correct it.")
    return _identity(UPN, text)


def possible_upn(text: str | None) -> CloudIdentity | None:
    """Return the identity of a UPN; None if there is none, or if no cloud user can have it."""
    return _identity(UPN, text) if text and is_possible_upn(text) else None


def identities_of(object_id: str | None, upn: str | None) -> list[CloudIdentity]:
    """Return the identities that name a cloud user, as Graph or a record has them."""
    return [_identity(kind, str(text)) for kind, text in ((OBJECT_ID, object_id), (UPN, upn)) if text]


def _identity(kind: str, text: str) -> CloudIdentity:
    return CloudIdentity(kind, entra_key(text), text)
