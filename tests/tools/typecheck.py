# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run mypy over the plugins, the roles' scripts, the lab, the tests and the tools, in as few runs as their names allow.

A test imports helpers by their bare names, as pytest lets it: those beside it, or in a folder above it. mypy wants one
name for each file, so those helpers are named alone, and everything else by its path below tests/. Only one file in a
run can be called `conftest`: each folder whose tests import from their conftest is a run of its own. mypy's incremental
cache lies in .mypy_cache, a folder for each run; a second run reads what did not change from there.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
COLLECTIONS = ROOT / ".cache" / "collections"
CACHE = ROOT / ".mypy_cache"
# Named by their path: packages, and the folders of tests.
PACKAGES = (
    "bench",
    "e2e",
    "functional",
    "integration",
    "lab",
    "support",
    "unit",
    "upstream",
)
# Programs that stand alone: named by their bare names.
PROGRAMS = ("noxfile.py", "roles/*/files/*.py", "tests/bench/callbacks/*.py", "tests/bench/roles/*/library/*.py")
PLUGINS = "ansible_collections.hybrid.identity.plugins"


@dataclass(frozen=True)
class Run:
    """One run of mypy: `packages` whole, without the files `excluded`, and `modules` by their bare names."""

    name: str
    packages: tuple[str, ...]
    modules: tuple[Path, ...]
    excluded: tuple[Path, ...] = ()


def bare_imports(file: Path, tests: Path) -> set[Path]:
    """Return the files that a test imports by their bare names: they are beside it, or in a folder above it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            places = [folder / f"{name}.py" for folder in file.parents if tests in folder.parents]
            found |= set([path for path in places if path.is_file()][:1])
    return found


def runs(root: Path) -> list[Run]:
    """Return the runs that check the tree at `root`, the largest first."""
    tests = root / "tests"
    bare = {path for pattern in PROGRAMS for path in root.glob(pattern)} | set((tests / "tools").glob("*.py"))
    excluded: set[Path] = {path for path in bare if tests in path.parents}
    files = [path for name in PACKAGES for path in (tests / name).rglob("*.py")]
    helpers = {
        helper for path in files if not (path.parent / "__init__.py").exists() for helper in bare_imports(path, tests)
    }
    # pytest's settings for all tests: a conftest of no package.
    apart = [Run("tests", (), tuple(sorted(tests.glob("*.py"))))]
    for conftest in sorted(path for path in helpers if path.name == "conftest.py"):
        folder = conftest.parent
        apart.append(Run(str(folder.relative_to(root)), (), tuple(sorted(folder.rglob("*.py")))))
    excluded.update(path for run in apart for path in run.modules)
    bare |= helpers - excluded
    excluded |= helpers
    packages = (PLUGINS, *(name for name in PACKAGES if any((tests / name).rglob("*.py"))))
    return [Run("all", packages, tuple(sorted(bare)), tuple(sorted(excluded))), *apart]


def command(run: Run) -> list[str]:
    """Return the arguments of mypy for a run."""
    arguments = ["--python-executable", sys.executable, "--cache-dir", str(CACHE / run.name.replace("/", "."))]
    if run.excluded:
        arguments += [
            "--exclude",
            rf"(^|/)({'|'.join(re.escape(str(path.relative_to(ROOT))) for path in run.excluded)})$",
        ]
    arguments += [part for package in run.packages for part in ("-p", package)]
    return arguments + [part for path in run.modules for part in ("-m", path.stem)]


def _search_path(folders: Iterable[Path]) -> str:
    """Return where a run looks for modules: in its own folders first, since those above may have a `conftest` too."""
    own = list(folders)
    above = [parent for folder in own for parent in folder.parents if TESTS in parent.parents]
    return os.pathsep.join(dict.fromkeys(map(str, [*own, *above, COLLECTIONS, TESTS, TESTS / "tools"])))


def main() -> int:
    codes = []
    for run in runs(ROOT):
        environment = {**os.environ, "MYPYPATH": _search_path(path.parent for path in run.modules), "PYTHONPATH": ""}
        print(f"mypy: {run.name}", flush=True)
        done = subprocess.run([sys.executable, "-m", "mypy", *command(run)], cwd=ROOT, env=environment, check=False)
        codes.append(done.returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
