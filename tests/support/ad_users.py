# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AD users in few words, and predictions as one dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import SENT_KEYS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predictions import Prediction


def ad_user(attributes: Mapping[str, str | None] | None = None, **values: Any) -> AdUser:
    """An AD user; ``attributes``: what a sync sends besides, of which the missing values are empty."""
    sent = None if attributes is None else tuple(attributes.get(key) for key in SENT_KEYS)
    return AdUser(sent=sent, **values)


def prediction_dict(found: Prediction) -> dict[str, Any]:
    """The AD user, what a sync would do with it, and the cloud user concerned."""
    cloud = found.cloud
    return {
        **found.ad.record(),
        **found.record(),
        "id": cloud.id if cloud else None,
        "cloud_user_principal_name": cloud.user_principal_name if cloud else None,
        "cloud_immutable_id": cloud.immutable_id if cloud else None,
    }
