# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an exported object makes of the cloud object: AD's values, the name in the cloud, the stamps."""

from __future__ import annotations

import re
from typing import Any

from . import quarantine
from .clock import CLOCK
from .cloud import Cloud
from .hardening import Refused
from .incoming import Incoming
from .store import Record

# facts §7: allowed characters, no dot right before @, at most 64 + 48 characters.
_UPN = re.compile(r"[A-Za-z0-9'.\-_!#^~]{1,64}(?<!\.)@[A-Za-z0-9.\-]{1,48}")
_CALCULATED = {"mail", "mailNickname"}


def user_after(cloud: Cloud, old: Record, incoming: Incoming) -> Record:
    """The user once AD's values are over it. Raises Refused.

    facts §2 "Overwriting": a value in AD wins. Where AD is empty Microsoft's pages contradict each other; the lab keeps
    the cloud's value, as the older page says.
    """
    _check_sid(cloud, old, incoming)
    nickname = _nickname(old, incoming)
    wanted = _wanted_upn(cloud, old, incoming, nickname)
    upn, problems = quarantine.settle_upn(cloud, old, wanted, incoming.anchor)
    changes: dict[str, Any] = {name: value for name, value in incoming.values.items() if name not in _CALCULATED}
    changes |= {"userPrincipalName": upn, "mailNickname": nickname}
    for name, value in changes.items():
        if isinstance(value, dict):  # each extension attribute is one of AD's own
            changes[name] = {**(old.get(name) or {}), **value}
    more: list[quarantine.Problem] = []
    if incoming.addresses:
        changes["proxyAddresses"], more = quarantine.settle_addresses(cloud, old, incoming.addresses)
        # user.md: mail is the primary address, so that it is quarantined with it.
        changes["mail"] = next((each[5:] for each in changes["proxyAddresses"] if each.startswith("SMTP:")), None)
    changes |= {
        "onPremisesImmutableId": incoming.anchor,  # facts §2: a soft match stamps it
        "onPremisesSyncEnabled": True,
        "onPremisesProvisioningErrors": [*problems, *more],
        "deletedDateTime": None,
        "lab": {**old.get("lab", {}), "onPremisesObjectIdentifier": incoming.identifier},
    }
    return _without_empty({**old, **changes})


def other_after(cloud: Cloud, old: Record, incoming: Incoming) -> Record:
    """The same for a group or a contact, which have no UPN."""
    addresses, problems = quarantine.settle_addresses(cloud, old, incoming.addresses)
    changes = {
        **incoming.values,
        "proxyAddresses": addresses,
        "onPremisesSyncEnabled": True,
        "onPremisesProvisioningErrors": problems,
        "lab": {**old.get("lab", {}), "anchor": incoming.anchor},
    }
    return _without_empty({**old, **changes})


def stamped(record: Record, moment: str | None = None) -> Record:
    """The record with its time of synchronization."""
    return {**record, "onPremisesLastSyncDateTime": moment or CLOCK.utc()}


def _without_empty(record: Record) -> Record:
    return {name: value for name, value in record.items() if value not in (None, []) or name == "proxyAddresses"}


def _check_sid(cloud: Cloud, old: Record, incoming: Incoming) -> None:
    """facts §2, AttributeConflictName=OnPremiseSecurityIdentifier: the same SID with another anchor."""
    sid = incoming.values.get("onPremisesSecurityIdentifier")
    if sid and cloud.store.holders("onPremisesSecurityIdentifier", sid.lower()) - {old["id"]}:
        raise Refused("AttributeValueMustBeUnique", quarantine.conflict_text("OnPremiseSecurityIdentifier"))


def _nickname(old: Record, incoming: Incoming) -> str:
    """facts §7 "Verified domain": where MailNickName comes from; later only a change in AD changes it."""
    given = incoming.values.get("mailNickname")
    if given:
        return str(given)
    if old.get("mailNickname"):
        return str(old["mailNickname"])
    secondary = next((each[5:] for each in incoming.addresses if each.startswith("smtp:")), None)
    source = incoming.primary or incoming.values.get("mail") or incoming.upn or secondary
    if not source:
        raise Refused("IdentityDataValidationFailed", "The object has no userPrincipalName and no address.")
    return str(source).partition("@")[0]


def _wanted_upn(cloud: Cloud, old: Record, incoming: Incoming, nickname: str) -> str:
    if not incoming.upn:
        raise Refused("IdentityDataValidationFailed", "The value of userPrincipalName is missing.")
    if _is_settled(old, incoming.upn):
        return str(old["userPrincipalName"])
    if _UPN.fullmatch(incoming.upn) and cloud.is_verified(incoming.upn.rpartition("@")[2]):
        return incoming.upn
    # facts §7: an unverified suffix, or characters that are not allowed.
    return f"{nickname}@{cloud.initial_domain}"


def _is_settled(old: Record, upn: str) -> bool:
    """facts §7: the cloud's UPN is recomputed only when AD's changes. A quarantined one still waits for its value."""
    waiting = any(
        problem["propertyCausingError"] == quarantine.UPN for problem in old.get("onPremisesProvisioningErrors") or []
    )
    same = old.get("onPremisesUserPrincipalName") == upn and old.get("onPremisesSyncEnabled") is True
    return same and not waiting
