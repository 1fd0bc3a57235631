# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup that says which library a connection to Windows lacks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: connection_library
short_description: Check that the library of a connection plugin is installed
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - The connection plugins of Ansible for Windows, C(psrp) and C(winrm), each need a Python library, which ansible-core
    does not install.
  - The lookup checks whether the library is installed for the Python that runs C(ansible-playbook).
options:
  _terms:
    description: Names of connection plugins, as in C(ansible_connection). Plugins that need no library are ignored.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Check that the library for psrp is installed
  ansible.builtin.assert:
    that: missing | length == 0
    fail_msg: "{{ missing }}"
  vars:
    missing: "{{ lookup('hybrid.identity.connection_library', 'psrp') }}"
"""

RETURN = r"""
_raw:
  description: For each library that is missing, a sentence that says how to install it.
  type: list
  elements: str
"""

import importlib.util
import sys
from typing import Any

from ansible.plugins.lookup import LookupBase

# By connection plugin: what it imports, and what pip installs.
_LIBRARIES = {"psrp": ("pypsrp", "pypsrp"), "winrm": ("winrm", "pywinrm")}


class LookupModule(LookupBase):
    """Ansible's entry point."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        names = dict.fromkeys(str(term).removeprefix("ansible.builtin.") for term in terms)
        return [sentence for name in names if (sentence := _missing(name))]


def _missing(name: str) -> str:
    package, distribution = _LIBRARIES.get(name, ("", ""))
    if not package or importlib.util.find_spec(package) is not None:
        return ""
    return (
        f"ansible_connection is {name}. This connection needs the Python library {distribution}, which is not "
        f"installed for the Python that runs ansible-playbook. Install it with: {sys.executable} -m pip install "
        f"{distribution}"
    )
