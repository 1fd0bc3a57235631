# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that meta/runtime.yml's action groups hold exactly the modules whose documentation says so.

A module that takes a connection's options (doc fragment) belongs to that connection's group, and its documentation
names the group (attributes fragment). Prints one sentence for each module where the three differ.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "hybrid.identity"
# group -> the connection's doc fragment
GROUPS = {"ad": f"{COLLECTION}.ldap", "entra": f"{COLLECTION}.graph"}


def documentation(path: Path) -> dict[str, Any]:
    """Return DOCUMENTATION of a Python module, or of the sidecar YAML of a PowerShell one."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return yaml.safe_load(text)["DOCUMENTATION"]
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["DOCUMENTATION"]:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise ValueError(f"{path.name} has no DOCUMENTATION")


def problems(groups: dict[str, list[str]], docs: dict[str, dict[str, Any]]) -> list[str]:
    """Return a sentence for each disagreement between the groups and the modules' fragments."""
    found = [f"meta/runtime.yml has no action group {name}." for name in GROUPS if name not in groups]
    found += [f"The action group {name} is not known to this check." for name in groups if name not in GROUPS]
    for group, fragment in GROUPS.items():
        members = groups.get(group, [])
        if members != sorted(set(members)):
            found.append(f"The action group {group} is not sorted, or holds a module twice.")
        found += [f"The action group {group} names {name}, which is no module." for name in members if name not in docs]
        for name, doc in sorted(docs.items()):
            fragments = doc.get("extends_documentation_fragment", [])
            takes = fragment in fragments
            says = any(f"{COLLECTION}.attributes.{each}" in fragments for each in (group, "both"))
            if takes != (name in members):
                found.append(f"{name}: in the action group {group}: {name in members}; takes {fragment}: {takes}.")
            if takes != says:
                found.append(f"{name}: takes {fragment}: {takes}; its attributes name the group {group}: {says}.")
    return found


def main() -> int:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    modules = (ROOT / "plugins" / "modules").iterdir()
    files = sorted(path for path in modules if path.suffix in (".py", ".yml") and path.stem != "__init__")
    found = problems(groups, {path.stem: documentation(path) for path in files})
    print("\n".join(found) if found else f"{len(files)} modules agree with the action groups {', '.join(groups)}.")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
