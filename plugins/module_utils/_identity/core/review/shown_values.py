# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that a person saw who accepted the effects of a match: with other values, the effects are others."""

from __future__ import annotations

import json

from ..accepted_effects import (
    ACCOUNT_DISABLED,
    ADDRESSES_REMOVED,
    DIFFERENT_PERSON,
    PRIMARY_ADDRESS_CHANGED,
    SIGN_IN_NAME_CHANGED,
)
from ..run_files.user_records import MatchRecord

_ATTRIBUTES = {
    DIFFERENT_PERSON: ("given_name", "surname", "employee_id"),
    ACCOUNT_DISABLED: ("enabled",),
    SIGN_IN_NAME_CHANGED: ("user_principal_name",),
    PRIMARY_ADDRESS_CHANGED: ("mail",),
    ADDRESSES_REMOVED: ("mail", "proxy_addresses"),
}


def list_shown_values(match: MatchRecord) -> frozenset[str]:
    """Return what identifies the values in AD and in Entra ID that the effects of a match are about."""
    wanted = {attribute for effect in match["effects"] for attribute in _ATTRIBUTES.get(effect, ())}
    if not wanted:
        return frozenset()
    return frozenset(
        json.dumps([each["attribute"], each["cloud"], each["ad"]])
        for each in match["overwrites"]
        if each["attribute"] in wanted
    )
