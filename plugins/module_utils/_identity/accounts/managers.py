# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managers: a record names a person, and AD needs a distinguished name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..core.errors import InputError
from ..core.identities.cloud_identity import UPN, CloudIdentity, identities_of, read_identity
from ..core.identities.distinguished_names import dn_key
from ..core.outcomes import APART
from .changes import CREATED, FAILED, REFUSED, UPDATED, AccountChange
from .directory import AccountDirectory, texts
from .requests import AccountRequest
from .values import MANAGER

_WITHOUT_ACCOUNT = (REFUSED, FAILED, *APART)


def manager_identity(request: AccountRequest) -> CloudIdentity | None:
    """Return the UPN (or the object id) by which a record names the manager; None if it names none.

    :raises InputError: if it is neither.
    """
    return read_identity(request.manager) if request.manager else None


def manager_upn(request: AccountRequest) -> str | None:
    """Return the UPN by which a record names the manager; None if it names none, or not by a UPN."""
    try:
        identity = manager_identity(request)
    except InputError:
        return None
    return identity.text if identity and identity.kind == UPN else None


def add_managers(changes: Sequence[AccountChange], directory: AccountDirectory, update: str) -> list[AccountChange]:
    """Add the managers to the changes: at once if the account exists, in a second pass if this run creates it."""
    index = _people(changes)
    return [_add_manager(change, index, directory, update) for change in changes]


def _people(changes: Iterable[AccountChange]) -> dict[CloudIdentity, AccountChange]:
    found: dict[CloudIdentity, AccountChange] = {}
    for change in changes:
        for identity in identities_of(change.request.cloud_id, change.request.upn):
            found.setdefault(identity, change)
    return found


def _add_manager(
    change: AccountChange, index: Mapping[CloudIdentity, AccountChange], directory: AccountDirectory, update: str
) -> AccountChange:
    if change.status in _WITHOUT_ACCOUNT or (change.status != CREATED and update == "never"):
        return change
    try:
        manager = manager_identity(change.request)
    except InputError as error:
        return replace(change, left_out={**change.left_out, MANAGER: error.message})
    if manager is None:
        return change
    dn, is_later = _manager_dn(manager, index, directory)
    if dn is None:
        left_out = {**change.left_out, MANAGER: f"{manager} has no AD account, and this run does not create one"}
        return replace(change, left_out=left_out)
    held = texts(change.found, MANAGER) if change.found else []
    if held and (update != "always" or dn_key(held[0]) == dn_key(dn)):
        return change
    return replace(
        change,
        status=change.status if change.status == CREATED else UPDATED,
        before={**change.before, **({} if change.status == CREATED else {MANAGER: tuple(held)})},
        after={**change.after, MANAGER: (dn,)},
        manager=dn if is_later else None,
    )


def _manager_dn(
    manager: CloudIdentity, index: Mapping[CloudIdentity, AccountChange], directory: AccountDirectory
) -> tuple[str | None, bool]:
    change = index.get(manager)
    if change is not None and change.status not in _WITHOUT_ACCOUNT:
        return change.dn, change.status == CREATED
    found = directory.named(manager.text) if manager.kind == UPN else []
    return (found[0].distinguished_name, False) if len(found) == 1 else (None, False)
