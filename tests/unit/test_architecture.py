# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arrows of docs/architecture.md: which room may import which, and what may be loaded before it is needed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
MODULE_UTILS = PLUGINS / "module_utils"
OURS = "ansible_collections.hybrid.identity.plugins"
LIBRARIES = ("azure", "gssapi", "httpx", "kiota_", "ldap3", "msgraph", "pycountry")
MAY_IMPORT_ANSIBLE = (
    "plugins/action",
    "plugins/plugin_utils",
    "plugins/modules",
    "plugins/filter",
    "plugins/lookup",
    "_module",
)
PURE = {
    "__future__",
    "base64",
    "binascii",
    "collections",
    "contextlib",
    "csv",
    "dataclasses",
    "datetime",
    "functools",
    "hashlib",
    "io",
    "itertools",
    "json",
    "re",
    "struct",
    "typing",
    "unicodedata",
    "uuid",
}
MOST_FILES = 16
OPENS = re.compile(r"(os|io)\.open|os\.(fdopen|mkfifo)|tempfile\.\w+|.*\.(read|write)_(text|bytes)")
FILES = sorted(PLUGINS.rglob("*.py"))


def room_of(path: Path) -> str:
    """The room of a file or a folder of plugins, as the table names it: ``_identity/core``, ``plugins/modules``."""
    folder = path.parent if path.suffix else path
    if MODULE_UTILS in folder.parents:
        # A folder inside a sub-package belongs to it.
        return "/".join(folder.relative_to(MODULE_UTILS).parts[:2])
    return f"plugins/{folder.relative_to(PLUGINS).parts[0]}"


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def import_nodes(tree: ast.AST, lazily: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a file; without ``lazily``, only those that loading the file carries out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_type_checking(node):
            if lazily:
                yield from import_nodes(node, lazily)
        else:
            yield from import_nodes(node, lazily)


def absolute(node: ast.Import | ast.ImportFrom, package: str) -> list[str]:
    """The full names that an import of a file in ``package`` names, modules and what is taken from them."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    module = ".".join([*parts, *([node.module] if node.module else [])])
    return [f"{module}.{alias.name}" for alias in node.names]


def names_of(path: Path, lazily: bool = True) -> list[str]:
    package = ".".join([OURS, *path.parent.relative_to(PLUGINS).parts])
    nodes = import_nodes(ast.parse(path.read_text(encoding="utf-8")), lazily)
    return [name for node in nodes for name in absolute(node, package)]


def target_of(name: str) -> Path | None:
    """The file of ours that holds a full name, or the folder, if the name is a package's; None for other code."""
    if not name.startswith(f"{OURS}."):
        return None
    parts = name.removeprefix(f"{OURS}.").split(".")
    for length in (len(parts), len(parts) - 1):
        path = PLUGINS.joinpath(*parts[:length])
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py")
        if path.is_dir():
            return path
    raise AssertionError(f"There is no {name}.")


def imported_rooms(path: Path) -> set[str]:
    rooms = {room_of(target) for name in names_of(path) if (target := target_of(name))}
    return rooms - {room_of(path)}


@cache
def arrows() -> dict[str, set[str]]:
    """Each room of plugins that holds code, and the rooms that its files import."""
    found: dict[str, set[str]] = {}
    for path in FILES:
        if path.name != "__init__.py" or path.read_text(encoding="utf-8").strip():
            found.setdefault(room_of(path), set()).update(imported_rooms(path))
    return found


def table() -> dict[str, set[str]]:
    """The rooms of plugins in docs/architecture.md, and the rooms that each may import by it."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (.+?) \| .+ \| (.+?) \|$", text.partition("## Folders")[2].partition("\n## ")[0], re.MULTILINE
    )
    found = {}
    for where, may in rows:
        for name in re.findall(r"`([^`]+)/`", where):
            if name.startswith(("_", "plugins/")):
                found[name] = {each.removesuffix("/") for each in re.findall(r"`([^`]+)/`", may)}
    return found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("from . import filters", [f"{OURS}.module_utils._ldap.session.filters"]),
        ("from .errors import LdapError", [f"{OURS}.module_utils._ldap.session.errors.LdapError"]),
        ("from ..users.jobs import Job", [f"{OURS}.module_utils._ldap.users.jobs.Job"]),
        ("from ..._graph import http", [f"{OURS}.module_utils._graph.http"]),
        (
            "def later():\n    from ..._graph.http.watch import Watch",
            [f"{OURS}.module_utils._graph.http.watch.Watch"],
        ),
        ("import json, ldap3", ["json", "ldap3"]),
    ],
)
def test_relative_imports_are_seen(text: str, names: list[str]) -> None:
    nodes = import_nodes(ast.parse(text), lazily=True)
    package = f"{OURS}.module_utils._ldap.session"
    assert [name for node in nodes for name in absolute(node, package)] == names


def test_a_relative_import_against_the_arrows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from ..._graph.http.watch import Watch"
    monkeypatch.setattr(Path, "read_text", lambda path, encoding=None: text)
    assert imported_rooms(MODULE_UTILS / "_ldap" / "session" / "search.py") == {"_graph/http"}


def test_the_table_names_the_rooms_that_are_there() -> None:
    assert set(table()) == set(arrows())


@pytest.mark.parametrize("room", sorted(arrows()))
def test_each_arrow_is_in_the_table_and_each_of_the_table_in_the_code(room: str) -> None:
    assert arrows()[room] == table()[room]


def test_no_arrows_form_a_circle() -> None:
    # It raises CycleError, which names the circle.
    order = list(TopologicalSorter(arrows()).static_order())
    assert len(order) == len(set(order))


def test_active_directory_and_graph_do_not_know_each_other() -> None:
    for room, others in arrows().items():
        for one, other in (("_ldap", "_graph"), ("_graph", "_ldap")):
            if room.startswith(one):
                assert not [each for each in others if each.startswith(other)], room


def test_only_modules_know_the_workflow() -> None:
    """Services of one directory stay usable without the other."""
    assert {room for room, others in arrows().items() if "_workflow" in others} == {"plugins/modules"}
    assert not [each for each in arrows()["_workflow"] if each.startswith("plugins/")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_only_the_edges_know_ansible(path: Path) -> None:
    if "ansible" in {name.split(".")[0] for name in names_of(path)}:
        assert room_of(path) in MAY_IMPORT_ANSIBLE


@pytest.mark.parametrize("path", sorted(MODULE_UTILS.rglob("*.py")), ids=lambda path: path.name)
def test_files_of_module_utils_import_each_other_relatively(path: Path) -> None:
    for node in import_nodes(ast.parse(path.read_text(encoding="utf-8")), lazily=True):
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert not (node.module or "").startswith("ansible_collections")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_a_file_loads_without_third_party_libraries(path: Path) -> None:
    for name in names_of(path, lazily=False):
        assert not name.startswith(LIBRARIES), f"{path.name} imports {name} when it is loaded"


@pytest.mark.parametrize("room", ["_identity", "_report"])
def test_the_pure_rooms_import_the_standard_library_only(room: str) -> None:
    files = sorted((MODULE_UTILS / room).rglob("*.py"))
    names = {name.split(".")[0] for path in files for name in names_of(path) if not name.startswith(OURS)}
    assert names <= PURE | ({"html", "math"} if room == "_report" else set())


def opened_by_name(tree: ast.AST) -> list[str]:
    """The calls in a file that open or make a file by its name. ``open`` of what ``open_file`` returned is none."""
    called = [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    ours = {
        ast.unparse(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("open_file(")
        for target in node.targets
    }
    names = [name for name, _node in called if OPENS.fullmatch(name)]
    given = [ast.unparse(node.args[0]) for name, node in called if name == "open" and node.args]
    # Those below /proc are the kernel's.
    known = ("open_file(", "f'/proc/")
    return names + [f"open({each})" for each in given if not each.startswith(known) and each not in ours]


def test_a_file_that_is_opened_by_name_is_found() -> None:
    for text in (
        "open(path)",
        "os.open(path, 0)",
        "Path(x).read_text()",
        "tempfile.mkstemp()",
        "import io; io.open(x)",
    ):
        assert opened_by_name(ast.parse(text))
    for text in (
        "open(open_file(a, b), 'rb')",
        "x = open_file(a)\nopen(x)",
        "connection.open()",
        "open(f'/proc/{process}/stat')",
    ):
        assert not opened_by_name(ast.parse(text))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_one_file_opens_files(path: Path) -> None:
    """It checks whose they are. The action plugin makes its own file of progress, with a name that nobody knows."""
    if path.name != "guarded_files.py" and path != PLUGINS / "plugin_utils" / "progress.py":
        assert not opened_by_name(ast.parse(path.read_text(encoding="utf-8")))


def test_no_folder_is_crowded() -> None:
    folders = [
        MODULE_UTILS,
        *(path for path in MODULE_UTILS.rglob("*") if path.is_dir() and path.name != "__pycache__"),
    ]
    crowded = {
        path.name: count for path in folders if (count := len(list(filter(Path.is_file, path.iterdir())))) > MOST_FILES
    }
    assert not crowded


def test_nothing_shipped_knows_the_lab() -> None:
    for folder in ("plugins", "roles", "playbooks"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in (".py", ".yml", ".j2", ".ps1", ".psm1"):
                assert "tests/lab" not in path.read_text(encoding="utf-8"), path
                assert "lab_" not in path.read_text(encoding="utf-8"), path
