# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup with which each role of this collection begins."""

from __future__ import annotations

DOCUMENTATION = r"""
name: misspelt_variables
short_description: Find misspelt variables of the roles of this collection
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Compares the names of all variables of the host with the argument specs of the roles of this collection. Ansible
    ignores variables that no role uses, so for example a misspelt C(hybrid_identity_max_changes) would go unnoticed.
  - Each role of this collection begins with this lookup and stops if it finds a name.
  - A name that begins with C(hybrid_identity_), with C(hard_match_) or with the name of one of the roles in O(_terms)
    must be known.
  - A name that begins with the name of another role, or with C(accounts_) or C(sync_), is found only if it is similar
    to a known name, because other variables can begin with these words too.
options:
  _terms:
    description: The roles that run. Misspelt variables of other roles are found if they are similar to a known name.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse misspelt variables before a directory is read
  ansible.builtin.assert:
    that: misspelt | length == 0
    fail_msg: "{{ misspelt }}"
  vars:
    misspelt: "{{ lookup('hybrid.identity.misspelt_variables', 'hard_match', 'sync') }}"
"""

RETURN = r"""
_raw:
  description: One text with each misspelt name and the most similar known name. Empty if there are none.
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

import yaml
from ansible.plugins.lookup import LookupBase

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.misspelt_names import (
    find_misspelt,
    misspelt_sentence,
)

ROLES = Path(__file__).resolve().parents[2] / "roles"
# Ansible's own loader notes the place of every value, and takes seven times as long.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class LookupModule(LookupBase):
    """Ansible's entry point."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        known = {path.name: _known(path / "meta") for path in sorted(ROLES.iterdir())}
        return [misspelt_sentence(find_misspelt(variables or {}, known, terms))]


def _known(meta: Path) -> set[str]:
    """The variables of a role, and what it leaves for later tasks."""
    specs = _read(meta / "argument_specs.yml")["argument_specs"]
    variables = {name for entry in specs.values() for name in entry.get("options", {})}
    return variables | set(_read(meta / "results.yml")["results"])


def _read(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, _LOADER)  # noqa: S506  # a safe loader, whichever it is
