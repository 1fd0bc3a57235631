# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a match would overwrite in the cloud: attributes of the map, the sign-in and the password (facts §2, §13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core import attribute_map, outcomes
from ..core.attribute_map import Overwrite, compared_values
from ..entra.snapshot_user import SnapshotUser
from ..entra.tenant_snapshot import HASH_SYNC_SWITCH, TenantSnapshot
from .predictions import Prediction

REPLACED, UNKNOWN = "password", "password_unknown"


def overwrites(found: Prediction, cloud: SnapshotUser | None, tenant: TenantSnapshot) -> tuple[Overwrite, ...]:
    """Return what a sync would overwrite by joining ``cloud`` for the first time; empty for other users.

    With password hash sync, the cloud password is replaced too (``password``). If that switch could not be read, it may
    be (``password_unknown``).
    """
    if cloud is None or found.sync_action not in (outcomes.HARD_MATCH, outcomes.SOFT_MATCH):
        return ()
    changes = attribute_map.overwrites(_ad_values(found), _cloud_values(cloud))
    synced = tenant.switches.get(HASH_SYNC_SWITCH)
    if synced is not False:
        effect = REPLACED if synced else UNKNOWN
        changes.append(Overwrite(attribute="password", cloud=None, ad=None, effect=effect))
    return tuple(changes)


def _ad_values(found: Prediction) -> Mapping[str, Any]:
    record = found.record
    return {**record, **(record.get("attributes") or {}), "user_principal_name": found.future_upn}


def _cloud_values(cloud: SnapshotUser) -> Mapping[str, Any]:
    return {**cloud.user.record(), **compared_values(cloud.attributes)}
