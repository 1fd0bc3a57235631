# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that all layers raise: one sentence for people, and details for programs.

Each layer derives its own exception from :class:`IdentityError`. ``_module.run`` turns all of them into ``fail_json``.
"""

from __future__ import annotations

from typing import Any


class IdentityError(Exception):
    """An error that a person has to act on.

    ``message`` is one sentence that says what to do next and never holds a secret. ``details`` goes into the module's
    result as it is, so its keys are documented return values (``users``, ``summary``, ``status_code`` ...).
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InputError(IdentityError):
    """The input is wrong, so nothing was written."""
