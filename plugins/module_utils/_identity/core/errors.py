# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that all layers raise: one sentence for people, and details for programs.

Each layer derives its own exception from :class:`IdentityError`. ``_module.run`` turns all of them into ``fail_json``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

UNREACHABLE = ("unknown_host", "dns_failed", "connection_refused", "connection_timeout", "unreachable")
"""The causes of connections to a service or a server that were not made, or broke."""


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


class UnexpectedError(IdentityError):
    """An exception that nobody expects: a mistake of this project, or of a library.

    ``details`` holds what was done before. The text of the exception is not shown, because it may hold anything.
    """

    def __init__(self, origin: Exception, **details: Any) -> None:
        super().__init__(
            f"The task stopped because of an unexpected exception ({type(origin).__name__}). Report it with the "
            "content of trace. If the task writes, users and the journal show what was written before it stopped.",
            **{"cause": "unexpected", **details},
        )
        self.origin = origin


@contextmanager
def telling(so_far: Callable[[], Mapping[str, Any]] = dict) -> Iterator[None]:
    """Raise UnexpectedError for every exception that is no IdentityError. ``so_far`` returns what was done until then.

    :raises UnexpectedError: with the details of ``so_far``.
    """
    try:
        yield
    except IdentityError:
        raise
    except Exception as error:
        raise UnexpectedError(error, **so_far()) from error
