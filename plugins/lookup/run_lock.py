# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup with which the roles that write take the lock of the folder of runs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_lock
short_description: Lock a folder of runs for this ansible-playbook
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Takes the lock of C(hybrid_identity_run_folder), which is the file C(lock) in it, for this C(ansible-playbook) and
    all its hosts. The lock is released when C(ansible-playbook) ends, even if it is killed.
  - The roles that write begin with this lookup, so that only one C(ansible-playbook) writes at the same time.
options:
  _terms:
    description: The folder on the controller.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Prevent other runs of ansible-playbook from writing at the same time
  ansible.builtin.assert:
    that: locked | length == 0
    fail_msg: "{{ locked }}"
  vars:
    locked: "{{ lookup('hybrid.identity.run_lock', '/var/lib/hybrid-identity') }}"
"""

RETURN = r"""
_raw:
  description:
    - For each folder, a sentence that says who has the lock, or why it cannot be taken.
    - Empty if this C(ansible-playbook) has it.
  type: list
  elements: str
"""

import multiprocessing
import os
from typing import Any

from ansible.plugins.lookup import LookupBase

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.plugin_utils.run_lock import take_lock


class LookupModule(LookupBase):
    """Ansible's entry point."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        # A task runs in a process that ansible-playbook forked.
        parent = multiprocessing.parent_process()
        playbook = parent.pid if parent and parent.pid else os.getpid()
        return [self._refusal(folder, playbook) for folder in terms]

    def _refusal(self, folder: str, playbook: int) -> str:
        try:
            return take_lock(folder, playbook)
        except InputError as error:
            return error.message
