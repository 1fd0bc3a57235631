# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an access token says of itself. It came from the authority over TLS, so its signature is not checked again."""

from __future__ import annotations

import base64
import json
from typing import Any

from ..._identity.core.identities.anchors import is_guid
from ..._identity.preconditions.permissions import APP, DELEGATED, NOTHING, Granted


def tenant_of(token: str) -> str | None:
    """Return the id of the tenant that a token is for; None if it has none.

    It is the claim ``tid`` (Microsoft, "Access token claims reference").
    """
    tid = _claims(token).get("tid")
    return tid.lower() if is_guid(tid) else None


def granted_by(token: str) -> Granted:
    """Return the permissions in a token: ``roles`` of an app, a list, or ``scp`` of a person, with blanks (facts §23).

    A token of an app without any permission has neither claim.
    """
    claims = _claims(token)
    roles, scopes = claims.get("roles"), claims.get("scp")
    if isinstance(scopes, str):
        return Granted(DELEGATED, frozenset(scopes.split()))
    if isinstance(roles, list):
        return Granted(APP, frozenset(each for each in roles if isinstance(each, str)))
    return NOTHING


def _claims(token: str) -> dict[str, Any]:
    """Return the claims of a token; none if it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
