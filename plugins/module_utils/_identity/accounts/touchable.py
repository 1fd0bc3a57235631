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
    """Refuse what cannot be read, is no user account, is never synchronised, or was made by Cloud Sync."""
    if account.fault:
        return Refusal("unreadable_object", account.fault)
    kind = not_a_user(account.attributes)
    if kind:
        return Refusal("not_a_user", f"{upn} is {kind} ({account.distinguished_name}), no user account.")
    why = system_account(account.distinguished_name, account.attributes)
    if why:
        return Refusal("system_account", f"{upn} is never synchronised, because {why}; leave it out.")
    if read_ad_user(account.distinguished_name, account.attributes).cloud_managed:
        # facts §12
        reason = f"The AD account of {upn} was made by Cloud Sync and the cloud owns it; it must not be written."
        return Refusal("cloud_managed_account", reason)
    return None


def stays_disabled(account: AdObject, control: int, shield: Shield | None) -> str | None:
    """Return why only a person may enable an account; None if a run may. ``control``: its userAccountControl.

    ``shield`` is None if what protects accounts could not be read. ``account`` needs ``ACCOUNT_ATTRIBUTES``.
    """
    if control & NEEDS_NO_PASSWORD:
        return "the account needs no password (PASSWD_NOTREQD); take that flag away, and enable it by hand"
    if shield is None:
        return "whether the account is protected could not be read; sign in with an account that may read it"
    why = why_protected(account.attributes, shield)
    return stays_disabled_reason(why) if why else None
