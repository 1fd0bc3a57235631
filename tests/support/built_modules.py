# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build each module once for several runs of ansible-playbook.

A module is built of a hundred files, which takes up to a second of CPU. Ansible itself keeps it only for the tasks of
one playbook.
"""

from __future__ import annotations

from pathlib import Path

CALLBACKS = Path(__file__).with_name("callbacks")


def settings(folder: Path) -> dict[str, str]:
    """Return the environment variables with which ansible-playbook keeps built modules in `folder`, which is there.

    Ansible knows them by their names: their files must not change while the folder is used.
    """
    return {
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "built_modules",
        "BUILT_MODULES": str(folder),
    }
