# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take paths and return what a file holds: what Ansible does around a module, and next to nothing inside."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pass_paths
short_description: Take paths and return others
description: Returns what a JSON file holds as its result.
options:
  paths: {description: Paths by option. They are taken and left., type: dict}
  answer: {description: The file., type: path, required: true}
author: [hybrid.identity contributors (@hybrid-identity)]
"""
EXAMPLES = ""
RETURN = ""

import json

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "paths": {"type": "dict"},
            "answer": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    with open(module.params["answer"], encoding="utf-8") as file:
        module.exit_json(**json.load(file))


if __name__ == "__main__":
    main()
