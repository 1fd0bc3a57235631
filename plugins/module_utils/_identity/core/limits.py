# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits: how many users one task may change or refuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import IdentityError, InputError
from .text.counts import amount


class LimitExceeded(IdentityError):
    """The plan changes more users than the caller allows; nothing was written."""


_MILLION = 10**6
_ALL = 100 * _MILLION


@dataclass(frozen=True)
class Limit:
    """A limit: ``number`` users or, if ``percentage``, ``number`` millionths of a percent of the users in scope."""

    text: str
    number: int
    percentage: bool

    def most(self, scope: int) -> int:
        """Return how many of ``scope`` users may change. A fraction is rounded down, so the limit is never exceeded."""
        return self.number * scope // _ALL if self.percentage else self.number

    def describe(self, scope: int) -> str:
        """Return the limit in words, and for a percentage how many of ``scope`` users it is."""
        return f"{self.text} of {scope}, so {self.most(scope)} at most" if self.percentage else self.text


def read_limit(text: str, option: str = "max_changes") -> Limit:
    """Read a count such as ``20``, or a percentage such as ``5%`` or ``2.5%``. ``option`` names it in messages.

    :raises InputError: if it is neither, or more than 100%.
    """
    found = re.fullmatch(r"(?:([0-9]{1,9})|([0-9]{1,3})(?:\.([0-9]{1,6}))?\s*%)", text.strip(), re.ASCII)
    if not found:
        raise InputError(f"{option}: {text!r} is neither a count of users such as 20 nor a percentage such as 5%.")
    count, percent, fraction = found.groups()
    if count:
        return Limit(text.strip(), int(count), False)
    limit = Limit(text.strip(), int(percent) * _MILLION + int((fraction or "").ljust(6, "0")), True)
    if limit.number > _ALL:
        raise InputError(f"{option}: {text!r} is more than all users; use 100% at most.")
    return limit


def check_max_changes(
    text: str | None, changes: int, scope: int, details: Callable[[], Mapping[str, Any]] = dict
) -> None:
    """Refuse a plan that changes more users than ``text`` allows; None allows any number.

    ``scope`` is how many users the task looks at. ``details`` builds the details of the error, which are the module's
    result. It is called only if the plan is refused, because the result is long.

    :raises InputError: if ``text`` is not a limit.
    :raises LimitExceeded: if the plan is refused; it names the number of changes and the limit.
    """
    sentence = too_many_changes(text, changes, scope, "users")
    if sentence:
        raise LimitExceeded(sentence, **details())


def too_many_changes(text: str | None, changes: int, scope: int, where: str) -> str | None:
    """Return the sentence that refuses a plan with more changes than ``text`` allows; None if it allows them.

    ``where`` says where the plan is.

    :raises InputError: if ``text`` is not a limit.
    """
    limit = None if text is None else read_limit(text)
    if limit is None or changes <= limit.most(scope):
        return None
    return (
        f"Nothing was changed, because the run would change {amount(changes, 'user')} of {scope} in scope, and "
        f"max_changes allows {limit.describe(scope)}. Check the plan in {where}, and raise max_changes only if you "
        "want all these changes."
    )
