# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords of new accounts: which given one is refused, and what a random one does to the cloud password."""

from __future__ import annotations

from ..core.accepted_effects import PASSWORD_REPLACED, Effect
from ..core.refusal import Refusal
from .requests import AccountRequest


def replaced_password(upn: str, hash_sync: bool | None) -> Effect:
    """Return the effect of a random password (facts §13). The sentence is the same for all users.

    ``hash_sync``: True if password hash sync is on; None if that is unknown.
    """
    state = "is on" if hash_sync else "may be on"
    reason = (
        f"Password hash synchronization {state}. It replaces the cloud password with the random password of the new "
        "account, so these users can no longer sign in with their cloud password. Use passwords that they know, or "
        f"add {PASSWORD_REPLACED} to accepted_effects"
        f"{'' if hash_sync else ', or, if it is off, set password_hash_sync to false'}."
    )
    return Effect(PASSWORD_REPLACED, upn, reason)


def refuse_password(request: AccountRequest, shortest: int) -> Refusal | None:
    """Refuse a given password that is missing, or shorter than the ``shortest`` of the domain."""
    if not request.password:
        return Refusal(
            "no_password",
            f"given_passwords_file has no password for {request.upn}. Add one, or set account_password to random.",
        )
    if len(request.password) < shortest:
        reason = f"The password of {request.upn} is too short: the domain requires {shortest} characters."
        return Refusal("password_too_short", f"{reason} Use a longer password.")
    return None
