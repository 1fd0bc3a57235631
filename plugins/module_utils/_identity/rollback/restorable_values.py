# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values a rollback may put back into an AD account: only those that ad_user itself can have replaced."""

from __future__ import annotations

from typing import Any

from ..accounts.directory import texts
from ..accounts.touchable import stays_disabled
from ..accounts.values import CONTROL, DISABLED, MANAGER
from ..ad.objects import AdObject
from ..ad.protected_accounts import Shield
from ..core.identities.distinguished_names import dn_key
from ..core.refusal import Refusal
from ..core.restorable import not_ours
from ..core.rollback import Undo
from ..core.text.unicode_text import is_text

ADDRESSES = ("mail", "proxyAddresses")


def refuse_value(undo: Undo, account: AdObject, name: str, domain: str, shield: Shield | None) -> Refusal | None:
    """Refuse a value that ad_user cannot have replaced in this account, or must not put back.

    ``domain`` is the distinguished name of the account's domain. ``shield`` is as in ``stays_disabled``.
    """
    value = undo.restore
    if value is not None and not is_texts(value):
        return not_ours(undo.attribute, value, name)
    if undo.attribute == CONTROL:
        return _refuse_control(value, account, name, shield)
    if undo.attribute == MANAGER and value is not None and (len(value) != 1 or not _is_below(value[0], domain)):
        return not_ours(MANAGER, value, name)
    return None


def restored_addresses(undo: Undo) -> tuple[str, ...]:
    """Return the addresses that an undo would put back, as in proxyAddresses."""
    if undo.attribute not in ADDRESSES or not is_texts(undo.restore):
        return ()
    return tuple(each if ":" in each else f"smtp:{each}" for each in undo.restore)


def _refuse_control(value: Any, account: AdObject, name: str, shield: Shield | None) -> Refusal | None:
    """Allow one bit to change: ad_user only disables and enables accounts."""
    now = next(iter(texts(account, CONTROL)), "")
    if value is None or len(value) != 1 or not (value[0].isascii() and value[0].isdigit() and now.isdigit()):
        return not_ours(CONTROL, value, name)
    before, after = int(now), int(value[0])
    if (before ^ after) & ~DISABLED:
        return not_ours(CONTROL, value, name)
    enables = before & DISABLED and not after & DISABLED
    why = stays_disabled(account, before, shield) if enables else None
    return (
        Refusal("not_to_be_enabled", f"{name} was disabled by a run and stays disabled, because {why}.")
        if why
        else None
    )


def is_texts(value: Any) -> bool:
    """Return whether a journal's value is a list of texts that AD can hold."""
    return isinstance(value, list) and bool(value) and all(map(_can_be_held, value))


def _can_be_held(value: Any) -> bool:
    """Return whether AD can hold the value: a text that is not empty and has no NUL."""
    return is_text(value) and value != "" and "\0" not in value


def _is_below(name: str, domain: str) -> bool:
    return dn_key(name).endswith(f"\x1f{dn_key(domain)}")
