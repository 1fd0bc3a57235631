# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an access token says of itself. It came from the authority over TLS, so its signature is not checked again."""

from __future__ import annotations

import base64
import json
from typing import Any

from ..._identity.core.identities.anchors import is_guid


def tenant_of(token: str) -> str | None:
    """Return the id of the tenant that a token is for; None if it has none.

    It is the claim ``tid`` (Microsoft, "Access token claims reference").
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return None
    tid = claims.get("tid") if isinstance(claims, dict) else None
    return tid.lower() if is_guid(tid) else None
