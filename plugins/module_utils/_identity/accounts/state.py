# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of an account that a run made, as a journal keeps it, so that a change by another writer is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from ..core.identities.anchors import CONSISTENCY_GUID
from ..core.identities.distinguished_names import dn_key
from ..core.records import RawAttributes
from .changes import AccountChange
from .values import CONTROL, MANAGER, SAM, UPN, WRITTEN

ACCOUNT = "account"
"""The attribute that a journal line names if it is about the existence of an account."""

OBJECT_GUID = "object_guid"
"""The key that the state has only in the line of an account's removal, since a new account has no GUID yet."""

_STATE = tuple(name.lower() for name in (UPN, SAM, CONTROL, *WRITTEN, CONSISTENCY_GUID))
# Attributes that the directory maintains by itself, and those that a sign-in changes.
_SYSTEM = frozenset(
    name.lower()
    for name in (
        *("objectClass", "cn", "distinguishedName", "name", "instanceType", "whenCreated", "whenChanged"),
        *("uSNCreated", "uSNChanged", "objectGUID", "objectSid", "sAMAccountType", "badPwdCount", "badPasswordTime"),
        *("lastLogoff", "lastLogon", "lastLogonTimestamp", "logonCount", "pwdLastSet", "objectCategory"),
        *("dSCorePropagationData", "msDS-SupportedEncryptionTypes", "directReports", MANAGER),
    )
)
_DEFAULTS = {
    "accountexpires": (b"0", b"9223372036854775807"),
    "codepage": (b"0",),
    "countrycode": (b"0",),
    "primarygroupid": (b"513",),
}
_TICKS = 10_000_000
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
# The directory's own clock sets pwdLastSet and whenCreated; whenCreated has only whole seconds.
_SAME_MOMENT = timedelta(seconds=2)


class AccountState(TypedDict):
    """The state of an account: its name, and a hash over the name and the attributes that ``ad_user`` writes."""

    distinguished_name: str
    state: str


def account_state(distinguished_name: str, attributes: RawAttributes) -> AccountState:
    """Return the state of an account.

    The manager is included if ``attributes`` has one.
    """
    name = dn_key(distinguished_name).replace("\x1f", ", ")
    held = {key: _kept(key, attributes.get(key, ())) for key in _STATE}
    held[MANAGER] = [dn_key(manager) for manager in _kept(MANAGER, attributes.get(MANAGER, ()))]
    told = json.dumps([name, {key: values for key, values in held.items() if values}], sort_keys=True)
    return {"distinguished_name": name, "state": f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"}


def planned_state(change: AccountChange) -> AccountState:
    """Return the state that a new account will have, without a manager that is written later."""
    values = {name.lower(): [value.encode() for value in given] for name, given in change.after.items()}
    return account_state(change.dn or "", without_manager(values) if change.manager else values)


def without_manager(attributes: RawAttributes) -> RawAttributes:
    return {name: values for name, values in attributes.items() if name != MANAGER}


def added_since(attributes: RawAttributes) -> list[str]:
    """Return what an account holds that ``ad_user`` never writes: group memberships, a description, a new password ...

    ``attributes`` must be all attributes of the account, with the operational attribute ``whenCreated``.
    """
    names = [
        name
        for name, values in attributes.items()
        if name not in _SYSTEM and name not in _STATE and _kept(name, values)
    ]
    return sorted([*names, *(["pwdLastSet"] if _has_new_password(attributes) else [])])


def _has_new_password(attributes: RawAttributes) -> bool:
    changed, created = (attributes.get(name, (b"",))[0] for name in ("pwdlastset", "whencreated"))
    try:
        if int(changed or 0) <= 0 or not created:
            return False
        then = _EPOCH + timedelta(seconds=int(changed) / _TICKS)
        made = datetime.strptime(created.decode("ascii")[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return True  # no time that a directory writes, so the account is not as it was made
    return then - made > _SAME_MOMENT


def _kept(name: str, values: Sequence[bytes]) -> list[str]:
    if len(values) == 1 and bytes(values[0]) in _DEFAULTS.get(name, ()):
        return []
    return sorted(bytes(value).decode("utf-8", "backslashreplace") for value in values)


def journal_value(name: str, values: Sequence[str]) -> Any:
    """Return the values of an attribute as a journal keeps them: None if there are none."""
    return None if name == "countryCode" and list(values) == ["0"] else list(values) or None
