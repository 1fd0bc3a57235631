# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login service's error form (learn.microsoft.com/entra/identity-platform/reference-error-codes)."""

from __future__ import annotations

import uuid
from typing import Any

from .clock import CLOCK

_APP_TEXTS = {
    7000229: "The client application {app} is missing service principal in the tenant {tenant}.",
    65001: "The user or administrator has not consented to use the application with ID '{app}'.",
}


class LoginError(Exception):
    """An OAuth error answer: HTTP status, `error`, and the AADSTS code with its text."""

    def __init__(self, status: int, error: str, code: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.code = code
        self.text = text

    def body(self, origin: str) -> dict[str, Any]:
        trace, correlation, stamp = str(uuid.uuid4()), str(uuid.uuid4()), CLOCK.utc().replace("T", " ")
        return {
            "error": self.error,
            "error_description": (
                f"AADSTS{self.code}: {self.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
            ),
            "error_codes": [self.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{origin}/error?code={self.code}",
        }


def unknown_app(code: int, app: str, tenant: str) -> LoginError:
    """The tenant does not know the app yet, or nobody consented to it (facts §20; texts: reference-error-codes)."""
    text = _APP_TEXTS.get(code, "Injected by the lab.")
    return LoginError(400, "unauthorized_client", code, text.format(app=app, tenant=tenant))
