# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sync would do with each AD user: one pure function, for the module, the filter and the role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.predictions import Prediction
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.tenant_view import TenantView


def predict(
    ad_users: Sequence[Mapping[str, Any]],
    tenant: TenantView,
    *,
    after_hard_match: bool = False,
    replace: bool = False,
) -> list[Prediction]:
    """Predict, for each AD user in order, what a sync that exports them in this order would do. Linear in users.

    ``ad_users`` are records of ad_user_guid; with ``attributes``, what a match would overwrite is listed too.
    ``after_hard_match`` predicts as if entra_immutable_id had set the value of each user that it may set, with
    ``replace`` as that module's option of this name.
    """
    raise NotImplementedError


def cloud_only(predictions: Sequence[Prediction], tenant: TenantView) -> list[Record]:
    """The active cloud users whom no prediction concerns."""
    raise NotImplementedError
