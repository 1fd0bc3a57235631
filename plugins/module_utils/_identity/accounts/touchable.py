# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AD objects that ad_user never writes to, neither in a run nor in a rollback."""

from __future__ import annotations

from ..ad.kinds import not_a_user, system_account
from ..ad.objects import AdObject
from ..ad.protected_accounts import Shield, why_protected
from ..core.records import read_ad_user
from ..core.refusal import Refusal
from ..core.text.log_reasons import stays_disabled_reason
from .values import NEEDS_NO_PASSWORD


def refuse_kind(upn: str, account: AdObject) -> Refusal | None:
    """Refuse what cannot be read, is not a user account, is never synchronised, or was made by Cloud Sync."""
    if account.fault:
        return Refusal("unreadable_object", account.fault)
    kind = not_a_user(account.attributes)
    if kind:
        return Refusal(
            "not_a_user",
            f"{upn} is {kind} ({account.distinguished_name}), not a user account. Remove it from the task.",
        )
    why = system_account(account.distinguished_name, account.attributes)
    if why:
        return Refusal("system_account", f"{upn} is never synchronised, because {why}; remove it from the task.")
    if read_ad_user(account.distinguished_name, account.attributes).cloud_managed:
        # facts §12
        reason = (
            f"Cloud Sync created the AD account of {upn} and takes its values from the cloud user, so the account must "
            "not be changed. Exclude the user."
        )
        return Refusal("cloud_managed_account", reason)
    return None


def stays_disabled(account: AdObject, control: int, shield: Shield | None) -> str | None:
    """Return why only a person may enable an account; None if a run may. ``control``: its userAccountControl.

    ``shield`` is None if what protects accounts could not be read. ``account`` needs ``ACCOUNT_ATTRIBUTES``.
    """
    if control & NEEDS_NO_PASSWORD:
        return "the account does not need a password (PASSWD_NOTREQD); remove that flag, and enable the account by hand"
    if shield is None:
        return "it could not be read whether the account is protected; sign in with an account that may read this"
    why = why_protected(account.attributes, shield)
    return stays_disabled_reason(why) if why else None
