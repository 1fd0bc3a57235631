# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arrows of docs/architecture.md: who may import whom, and what may be loaded before it is needed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
OURS = "ansible_collections.hybrid.identity.plugins."
LIBRARIES = ("azure", "gssapi", "httpx", "kiota_", "ldap3", "msgraph", "pycountry")
ROOMS = {
    "action": ("plugin_utils",),
    "plugin_utils": ("plugin_utils", "_module"),
    "modules": ("_module", "_ldap", "_graph", "_report", "_identity"),
    "filter": ("_identity",),
    "_module": ("_module", "_identity"),
    "_ldap": ("_ldap", "_identity"),
    "_graph": ("_graph", "_identity"),
    "_report": ("_report", "_identity"),
    "_identity": ("_identity",),
}
FILES = sorted(PLUGINS.rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(PLUGINS).parts
    return parts[1] if parts[0] == "module_utils" else parts[0]


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(tree: ast.AST, lazily: bool) -> Iterator[str]:
    """Names of imported modules; without ``lazily``, only those that loading the file imports."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_type_checking(node):
            if lazily:
                yield from imports(node, lazily)
        else:
            yield from imports(node, lazily)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_imports_follow_the_arrows(path: Path) -> None:
    room = room_of(path)
    if room == "doc_fragments":
        assert set(imports(ast.parse(path.read_text()), lazily=True)) <= {"__future__"}
        return
    for name in imports(ast.parse(path.read_text()), lazily=True):
        if name.startswith(OURS):
            target = name.removeprefix(OURS).removeprefix("module_utils.").split(".")[0]
            assert target in ROOMS[room], f"{room} imports {name}"
        if name.split(".")[0] == "ansible":
            assert room in ("plugin_utils", "modules", "filter", "_module"), f"{room} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_a_file_loads_without_third_party_libraries(path: Path) -> None:
    for name in imports(ast.parse(path.read_text()), lazily=False):
        assert not name.startswith(LIBRARIES), f"{path.name} imports {name} when it is loaded"


def test_the_core_is_pure() -> None:
    names = {
        name.split(".")[0]
        for path in FILES
        if room_of(path) == "_identity"
        for name in imports(ast.parse(path.read_text()), lazily=True)
        if not name.startswith(OURS)
    }
    pure = {
        "__future__",
        "base64",
        "binascii",
        "collections",
        "csv",
        "dataclasses",
        "datetime",
        "hashlib",
        "io",
        "json",
        "re",
        "typing",
        "unicodedata",
    }
    assert names <= pure | {"uuid"}


def test_there_is_something_to_check() -> None:
    assert {room_of(path) for path in FILES} >= set(ROOMS)


def test_nothing_shipped_knows_the_lab() -> None:
    for folder in ("plugins", "roles", "playbooks"):
        for path in (PLUGINS.parent / folder).rglob("*"):
            if path.is_file() and path.suffix in (".py", ".yml", ".j2", ".ps1", ".psm1"):
                assert "tests/lab" not in path.read_text(), path
                assert "lab_" not in path.read_text(), path
