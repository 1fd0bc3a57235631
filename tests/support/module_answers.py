# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module prints, split into what Ansible takes for itself and what a person may see."""

from __future__ import annotations

import json
from typing import Any


def read_answer(printed: str) -> tuple[dict[str, Any], str]:
    """Return the result, and all the text that may be shown, of what a module printed.

    The result is the last line. ansible-core 2.22 and newer add a list of the secrets to it, which the controller takes
    out before it does anything else, so that it can mask them. This list belongs to neither part.
    """
    *before, last = printed.strip().splitlines()
    result = json.loads(last)
    result.pop("_ansible_new_secrets", None)
    return result, "\n".join([*before, json.dumps(result, ensure_ascii=False)])
