# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each file imports what it uses of a library. Most tests would not notice: others have loaded the library before."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
NO_LIBRARIES = {*sys.stdlib_module_names, "ansible", "ansible_collections"}
CHECK = """
import importlib.util, json, sys, types
imports, uses = json.loads(sys.stdin.read())
known = {}
for library, line in imports:
    if importlib.util.find_spec(library):
        exec(line, known)
for use in uses:
    first, *names = use.split(".")
    found = known.get(first)
    for name in names:
        if not isinstance(found, types.ModuleType):
            break
        if not hasattr(found, name):
            print(use)
            break
        found = getattr(found, name)
"""


def find_imports(tree: ast.AST) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the imports of libraries in a file, each with its library, and what is read of the modules among them."""
    found = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            library = node.names[0].name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            library = str(node.module).partition(".")[0]
        else:
            continue
        if library not in NO_LIBRARIES:
            found.append((library, ast.unparse(node)))
            names |= {(each.asname or each.name).partition(".")[0] for each in node.names}
    # The names of classes have capitals, and those of modules have none.
    modules = {name for name in names if name.islower()}
    uses = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _root(node) in modules}
    return found, sorted(uses)


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def find_missing(source: str) -> list[str]:
    """Return what a file reads of modules that its own imports have not loaded, in a Python that loads nothing else."""
    given = json.dumps(find_imports(ast.parse(source)))
    command = [sys.executable, "-c", CHECK]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout.split()


pytestmark = pytest.mark.once
FILES = [path for path in sorted(PLUGINS.rglob("*.py")) if find_imports(ast.parse(path.read_text("utf-8")))[1]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PLUGINS).as_posix())
def test_a_file_imports_what_it_uses(path: Path) -> None:
    assert find_missing(path.read_text("utf-8")) == []


def test_a_forgotten_import_is_noticed() -> None:
    source = "def bind():\n    import ldap3\n    return ldap3.Server, ldap3.core.tls.Tls, ldap3.utils.ntlm.NtlmClient"
    assert find_missing(source) == ["ldap3.utils.ntlm", "ldap3.utils.ntlm.NtlmClient"]


def test_libraries_are_used() -> None:
    assert len(FILES) > 5
