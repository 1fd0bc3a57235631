# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managers: a record names a person, AD wants a distinguished name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_directory import AccountDirectory, texts
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_steps import (
    CREATED,
    FAILED,
    REFUSED,
    UPDATED,
    Step,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_values import MANAGER
from ansible_collections.hybrid.identity.plugins.module_utils._identity.account_wishes import AccountWish
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_lookup import dn_key, name_key


def manager_name(wish: AccountWish) -> str | None:
    """The UPN (or the cloud id) by which a record names the manager; None where it names nobody."""
    given: Any = wish.record.get("manager")
    if isinstance(given, Mapping):
        given = given.get("user_principal_name") or given.get("id")
    return str(given).strip() or None if given else None


def with_managers(steps: Sequence[Step], directory: AccountDirectory, update: str) -> list[Step]:
    """The steps with the managers' names: at once where the account is there, later where this run makes it."""
    index = _people(steps)
    return [_with_manager(step, index, directory, update) for step in steps]


def _people(steps: Iterable[Step]) -> dict[str, Step]:
    found: dict[str, Step] = {}
    for step in steps:
        for name in (step.wish.record.get("id"), step.wish.upn):
            if name:
                found.setdefault(name_key(str(name)), step)
    return found


def _with_manager(step: Step, index: Mapping[str, Step], directory: AccountDirectory, update: str) -> Step:
    name = manager_name(step.wish)
    if name is None or step.status in (REFUSED, FAILED) or (step.status != CREATED and update == "never"):
        return step
    dn, is_later = _manager_dn(name, index, directory)
    if dn is None:
        left_out = {**step.left_out, MANAGER: f"there is no AD account of {name}, and this run makes none"}
        return replace(step, left_out=left_out)
    held = texts(step.found, MANAGER) if step.found else []
    if held and (update != "always" or dn_key(held[0]) == dn_key(dn)):
        return step
    return replace(
        step,
        status=step.status if step.status == CREATED else UPDATED,
        before={**step.before, **({} if step.status == CREATED else {MANAGER: tuple(held)})},
        after={**step.after, MANAGER: (dn,)},
        manager=dn if is_later else None,
    )


def _manager_dn(name: str, index: Mapping[str, Step], directory: AccountDirectory) -> tuple[str | None, bool]:
    step = index.get(name_key(name))
    if step is not None and step.status not in (REFUSED, FAILED):
        return step.dn, step.status == CREATED
    found = directory.named(name)
    return (found[0].distinguished_name, False) if len(found) == 1 else (None, False)
