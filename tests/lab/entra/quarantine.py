# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Duplicate attribute resiliency (facts §0.4, §3; how-to-connect-syncservice-duplicate-attribute-resiliency.md).

A UPN or an SMTP address that another object holds does not fail an export: it goes into onPremisesProvisioningErrors,
the UPN gets a placeholder, and a timer puts the value back some time after the conflict is gone.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from .clock import CLOCK
from .cloud import OTHERS, Cloud
from .hardening import Refused
from .store import Record

Problem = dict[str, str]
UPN, PROXY = "UserPrincipalName", "ProxyAddress"


def settle_upn(cloud: Cloud, record: Record, wanted: str, anchor: str) -> tuple[str, list[Problem]]:
    """The UPN that a user gets, and what is quarantined. Raises Refused where resiliency is off.

    The page gives a placeholder to an attribute that is "required for provisioning"; it is read here as: to a UPN, of a
    new user and of a matched one.
    """
    if not cloud.store.holders("userPrincipalName", wanted.lower()) - {record["id"]}:
        return wanted, []
    if not cloud.switch("quarantineUponUpnConflictEnabled"):
        raise Refused("AttributeValueMustBeUnique", conflict_text("UserPrincipalName"))
    prefix = wanted.partition("@")[0]
    current = record.get("userPrincipalName", "")
    held = re.fullmatch(re.escape(prefix) + r"\+\d{4}@" + re.escape(cloud.initial_domain), current, re.IGNORECASE)
    name = current if held else _placeholder(cloud, prefix, anchor)
    return name, [_problem(record, UPN, wanted)]


def settle_addresses(cloud: Cloud, record: Record, wanted: tuple[str, ...]) -> tuple[list[str], list[Problem]]:
    """The addresses that an object gets, and what is quarantined. Raises Refused for a duplicate that cannot be."""
    kept, problems = [], []
    for proxy in wanted:
        if not cloud.address_is_taken(proxy, record["id"]):
            kept.append(proxy)
        elif proxy.lower().startswith("smtp:") and cloud.switch("quarantineUponProxyAddressesConflictEnabled"):
            problems.append(_problem(record, PROXY, proxy))
        else:
            raise Refused("AttributeValueMustBeUnique", conflict_text("ProxyAddresses"))
    return kept, problems


def conflict_text(attribute: str) -> str:
    """facts §2, AttributeValueMustBeUnique: the part of the text that names the attribute is known, the rest is not."""
    return f"Another object holds the same value. AttributeConflictName={attribute}"


def _problem(record: Record, name: str, value: str) -> Problem:
    for known in record.get("onPremisesProvisioningErrors") or []:
        if known["propertyCausingError"] == name and known["value"].lower() == value.lower():
            return dict(known)
    return {
        "category": "PropertyConflict",
        "occurredDateTime": CLOCK.utc(),
        "propertyCausingError": name,
        "value": value,
    }


def _placeholder(cloud: Cloud, prefix: str, anchor: str) -> str:
    """`<prefix>+<4 digits>@<initial domain>`. The digits come from the anchor, so that runs of the lab are alike."""
    number = int.from_bytes(hashlib.sha256(anchor.encode()).digest()[:4], "big")
    while True:
        name = f"{prefix}+{number % 10_000:04d}@{cloud.initial_domain}"
        if not cloud.store.holders("userPrincipalName", name.lower()):
            return name
        number += 1


def sweep(cloud: Cloud) -> int:
    """The hourly timer: give back what nobody else holds any more. Returns how many values."""
    cleared = 0
    for key in list(cloud.store.active):
        user = cloud.store.users[key]
        if user.get("onPremisesProvisioningErrors"):
            swept, count = _swept(cloud, user)
            cleared += count
            if count:
                cloud.put_user(swept)
    for kind in OTHERS:
        for key, record in list(cloud.store.of(kind).items()):
            if record.get("onPremisesProvisioningErrors"):
                swept, count = _swept(cloud, record)
                cleared += count
                if count:
                    cloud.store.put(kind, key, swept)
    return cleared


def _swept(cloud: Cloud, record: Record) -> tuple[Record, int]:
    changes: dict[str, Any] = {}
    left: list[Problem] = []
    proxies = list(record.get("proxyAddresses") or [])
    for problem in record["onPremisesProvisioningErrors"]:
        name, value = problem["propertyCausingError"], problem["value"]
        if name == UPN and not cloud.store.holders("userPrincipalName", value.lower()) - {record["id"]}:
            changes["userPrincipalName"] = value
        elif name == PROXY and not cloud.address_is_taken(value, record["id"]):
            proxies.append(value)
            if value.startswith("SMTP:"):
                changes["mail"] = value[5:]
        else:
            left.append(problem)
    count = len(record["onPremisesProvisioningErrors"]) - len(left)
    result = {**record, **changes, "proxyAddresses": proxies, "onPremisesProvisioningErrors": left}
    return {name: value for name, value in result.items() if name != "onPremisesProvisioningErrors" or value}, count
