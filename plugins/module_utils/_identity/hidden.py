# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that must not be seen: it passes through Ansible's output, logs and invocation as a placeholder."""

from __future__ import annotations

PLACEHOLDER = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""What Ansible itself shows in place of an option that is not logged."""


class HiddenText(str):
    """A string that reads as the placeholder wherever it is shown; ``secret`` is what it hides."""

    secret: str

    def __new__(cls, secret: str) -> HiddenText:
        hidden = super().__new__(cls, PLACEHOLDER)
        hidden.secret = secret
        return hidden

    def __deepcopy__(self, _memo: object) -> HiddenText:
        return self
