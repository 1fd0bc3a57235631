# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The headers of files, made in one place. Each says where its run came from."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any

from .._identity.core.run_files.origin import Origin, make_origin
from .._identity.core.run_files.run_file import VERSION, Header
from .run_files import utc_now
from .run_host import run_host


def origin_of(params: Mapping[str, Any]) -> Origin:
    """Return where this task comes from. Of ``params``, ``client_id``, ``auth_source`` and ``note`` are used.

    With the credentials of the Azure CLI, ``client_id`` is not used to sign in.
    """
    app = None if params.get("auth_source") == "cli" else params.get("client_id")
    return make_origin(platform.node(), os.environ, app, params.get("note"))


def make_header(
    kind: str,
    module: str,
    run: str,
    params: Mapping[str, Any],
    *,
    tenant: str | None,
    domain: str | None,
    scope: Mapping[str, Any],
    terms: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> Header:
    """Return the header of a file that this task writes now. ``params`` are those of ``origin_of``."""
    return Header(
        version=VERSION,
        kind=kind,
        tenant=tenant,
        domain=domain,
        module=module,
        run=run,
        host=run_host(),
        origin=origin_of(params),
        scope=scope,
        terms=terms,
        time=utc_now(),
        facts=facts,
    )


def continue_header(
    before: Header, kind: str, module: str, params: Mapping[str, Any], facts: Mapping[str, Any]
) -> Header:
    """Return the header of a file that says what became of another one's users, whose note it keeps."""
    origin: Origin = {**origin_of(params), "note": before["origin"]["note"]}
    return {**before, "kind": kind, "module": module, "origin": origin, "time": utc_now(), "facts": facts}
