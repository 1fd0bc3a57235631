# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether anybody has signed in to an account: then somebody may need it, so it is disabled and not removed."""

from __future__ import annotations

from dataclasses import replace

from ..accounts.directory import texts
from ..accounts.values import CONTROL, DISABLED
from ..ad.objects import AdObject

_SIGN_INS = ("lastLogonTimestamp", "lastLogon", "logonCount")
# lastLogonTimestamp is replicated. The other two count only sign-ins at the domain controller that is asked
# (Microsoft: MS-ADA1, MS-ADA2 "Attribute lastLogon").


def was_signed_in_to(account: AdObject) -> bool:
    """Return whether one of the attributes of sign-ins has a value other than 0. One that cannot be read counts."""
    return any(value != "0" for name in _SIGN_INS for value in texts(account, name))


def control_of(account: AdObject) -> int | None:
    """Return ``userAccountControl``; None if it is not a number."""
    values = texts(account, CONTROL)
    return int(values[0]) if len(values) == 1 and values[0].isascii() and values[0].isdigit() else None


def is_disabled(account: AdObject) -> bool:
    control = control_of(account)
    return control is not None and bool(control & DISABLED)


def enabled_again(account: AdObject) -> AdObject:
    """Return a disabled account as it was before it was disabled."""
    control = str((control_of(account) or 0) & ~DISABLED).encode()
    return replace(account, attributes={**account.attributes, CONTROL.lower(): [control]})
