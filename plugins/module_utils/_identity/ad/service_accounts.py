# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service accounts: accounts that programs sign in with, and that no person's cloud user belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MANAGED_CLASSES = ("msDS-ManagedServiceAccount", "msDS-GroupManagedServiceAccount")
"""The classes of managed service accounts (sMSA and gMSA, facts §21)."""

SERVICE_NAMES = "servicePrincipalName"
"""The attribute with the names of the services that run as an account."""

MANAGED, HAS_SERVICE_NAME = "managed_service_account", "service_principal_name"
"""Why an account is one: always, or only if no cloud user belongs to it."""

_MANAGED = frozenset(map(str.lower, MANAGED_CLASSES))


def service_cause(attributes: Mapping[str, Sequence[bytes]]) -> str | None:
    """Return MANAGED or HAS_SERVICE_NAME; None for an account that runs no service.

    ``attributes`` maps lower-case names to raw values. It needs ``objectClass`` and SERVICE_NAMES.
    """
    if any(value.decode("ascii", "replace").lower() in _MANAGED for value in attributes.get("objectclass", ())):
        return MANAGED
    return HAS_SERVICE_NAME if attributes.get(SERVICE_NAMES.lower()) else None


def describe_service(name: str, cause: str) -> str:
    """Return in a sentence why an account is left alone as a service account."""
    if cause == MANAGED:
        return f"{name} is a managed service account, which has no cloud user."
    return f"{name} has a {SERVICE_NAMES} and no cloud user, so it is treated as a service account."
