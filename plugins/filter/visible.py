# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that makes a name from a directory fit for a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text import visible


def to_visible(text: Any) -> str:
    """A text as one line without invisible characters."""
    return visible.visible(str(text))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"visible": to_visible}
