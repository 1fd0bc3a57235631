# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud users who have other UPNs than their AD accounts, and the options that match the two."""

from __future__ import annotations

from typing import Any

from estate import IDS, Estate, upn
from forest_script import guid

BY_ADDRESS = {"match_by": "primary_smtp"}
RENAMED = {"accepted_effects": {"sign_in_name_changed": "all"}}


def give_address(estate: Estate, name: str, cloud_upn: str, *, address: str | None = None) -> None:
    """Let the cloud user of an account have another UPN, and both the same primary address."""
    address = address or upn(name)
    estate.directory.change(name, mail=[address])
    estate.graph.users[IDS[name]].update(
        userPrincipalName=cloud_upn, mail=address, proxyAddresses=[f"SMTP:{address}", f"smtp:{cloud_upn}"]
    )


def rename_everybody(estate: Estate) -> None:
    """Name all cloud users otherwise, and give them the addresses of the accounts."""
    for name in IDS:
        give_address(estate, name, f"{name}.cloud@contoso.com")
        estate.directory.change(name, proxyAddresses=[f"smtp:{name}.cloud@contoso.com"])


def mapping_of(*names: str) -> list[dict[str, str]]:
    numbers = {name: number for number, name in enumerate(IDS, start=1)}
    return [{"object_guid": str(guid(numbers[name])), "id": IDS[name]} for name in names]


def by_mapping(*names: str) -> dict[str, Any]:
    return {"match_by": "mapping", "mapping": mapping_of(*names), **RENAMED}
