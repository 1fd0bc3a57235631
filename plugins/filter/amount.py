# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that gives a count its noun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text import counts


def amount(count: Any, noun: str, nouns: str = "") -> str:
    """A count with its noun, in the singular or the plural."""
    return counts.amount(int(count), noun, nouns)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"amount": amount}
