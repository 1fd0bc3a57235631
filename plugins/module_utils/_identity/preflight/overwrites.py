# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a match would overwrite in the cloud: attributes of the map, the sign-in and the password (facts §2, §13)."""

from __future__ import annotations

from ..core import attribute_map, outcomes
from ..core.attribute_map import Compared, Overwrite, by_key
from ..core.records import AdUser
from ..entra.snapshot_user import SnapshotUser
from ..entra.tenant_snapshot import HASH_SYNC_SWITCH, TenantSnapshot
from .predictions import Prediction

REPLACED, UNKNOWN = "password", "password_unknown"
MATCHES = (outcomes.HARD_MATCH, outcomes.SOFT_MATCH)
"""The actions of a sync that join a cloud user for the first time."""


def overwrites(found: Prediction, cloud: SnapshotUser | None, tenant: TenantSnapshot) -> tuple[Overwrite, ...]:
    """Return what a sync would overwrite by joining ``cloud`` for the first time; empty for other users.

    With password hash sync, the cloud password is replaced too (``password``). If that switch could not be read, it may
    be (``password_unknown``).
    """
    if cloud is None or found.sync_action not in MATCHES:
        return ()
    changes = compare(found.ad, cloud, found.future_upn)
    synced = tenant.switches.get(HASH_SYNC_SWITCH)
    if synced is not False:
        changes.append(Overwrite("password", None, None, REPLACED if synced else UNKNOWN))
    return tuple(changes)


def compare(ad: AdUser, cloud: SnapshotUser, future_upn: str | None) -> list[Overwrite]:
    """Return the attributes that a sync would overwrite. ``future_upn``: the UPN that the cloud user would get."""
    return attribute_map.overwrites(_of_ad(ad, future_upn), _of_cloud(cloud))


def _of_ad(user: AdUser, future_upn: str | None) -> Compared:
    others = by_key(user.sent) if user.sent else {}
    return Compared(user.enabled, future_upn, user.mail, user.proxy_addresses or (), others)


def _of_cloud(cloud: SnapshotUser) -> Compared:
    user, others = cloud.user, by_key(cloud.attributes) if cloud.attributes else {}
    return Compared(user.enabled, user.user_principal_name, user.mail, user.proxy_addresses, others)
