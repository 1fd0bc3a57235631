# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managers: a record names a person, and AD needs a distinguished name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..ad.lookup import dn_key, name_key
from .changes import CREATED, FAILED, REFUSED, UPDATED, AccountChange
from .directory import AccountDirectory, texts
from .requests import AccountRequest
from .values import MANAGER


def manager_name(request: AccountRequest) -> str | None:
    """Return the UPN (or the cloud id) by which a record names the manager; None if it names none."""
    given: Any = request.record.get("manager")
    if isinstance(given, Mapping):
        given = given.get("user_principal_name") or given.get("id")
    return str(given).strip() or None if given else None


def add_managers(changes: Sequence[AccountChange], directory: AccountDirectory, update: str) -> list[AccountChange]:
    """Add the managers to the changes: at once if the account exists, in a second pass if this run creates it."""
    index = _people(changes)
    return [_add_manager(change, index, directory, update) for change in changes]


def _people(changes: Iterable[AccountChange]) -> dict[str, AccountChange]:
    found: dict[str, AccountChange] = {}
    for change in changes:
        for name in (change.request.record.get("id"), change.request.upn):
            if name:
                found.setdefault(name_key(str(name)), change)
    return found


def _add_manager(
    change: AccountChange, index: Mapping[str, AccountChange], directory: AccountDirectory, update: str
) -> AccountChange:
    name = manager_name(change.request)
    if name is None or change.status in (REFUSED, FAILED) or (change.status != CREATED and update == "never"):
        return change
    dn, is_later = _manager_dn(name, index, directory)
    if dn is None:
        left_out = {**change.left_out, MANAGER: f"there is no AD account of {name}, and this run makes none"}
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


def _manager_dn(name: str, index: Mapping[str, AccountChange], directory: AccountDirectory) -> tuple[str | None, bool]:
    change = index.get(name_key(name))
    if change is not None and change.status not in (REFUSED, FAILED):
        return change.dn, change.status == CREATED
    found = directory.named(name)
    return (found[0].distinguished_name, False) if len(found) == 1 else (None, False)
