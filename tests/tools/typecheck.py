# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run mypy over the plugins, the roles' scripts, the lab, the tests and the tools, in as few runs as their names allow.

A test imports the helpers beside it by their bare names, as pytest lets it. mypy wants one name for each file, so those
helpers are named alone, and everything else by its path below tests/. Only one file in a run can be called `conftest`:
each folder whose tests import from their conftest is a run of its own. mypy's incremental cache lies in .mypy_cache, a
folder for each run; a second run reads what did not change from there.
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
    "integration",
    "lab",
    "lab_unit",
    "prediction",
    "pwsh",
    "recovery",
    "report",
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


def imported_beside(folder: Path) -> set[Path]:
    """Return the files of a folder that other files of it import by their bare names."""
    found = set()
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {path for name in names if (path := folder / f"{name}.py").is_file()}
    return found


def runs(root: Path) -> list[Run]:
    """Return the runs that check the tree at `root`, the largest first."""
    tests = root / "tests"
    bare = {path for pattern in PROGRAMS for path in root.glob(pattern)} | set((tests / "tools").glob("*.py"))
    excluded: set[Path] = {path for path in bare if tests in path.parents}
    apart = []
    # pytest's settings for all tests: a conftest of no package.
    for folder in sorted({tests} | {path.parent for name in PACKAGES for path in (tests / name).rglob("*.py")}):
        if (folder / "__init__.py").exists():
            continue
        helpers = imported_beside(folder)
        if folder == tests or folder / "conftest.py" in helpers:
            files = tuple(sorted(folder.glob("*.py")))
            apart.append(Run(str(folder.relative_to(root)), (), files))
            excluded.update(files)
        else:
            bare |= helpers
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
    return os.pathsep.join(dict.fromkeys(map(str, [*folders, COLLECTIONS, TESTS, TESTS / "tools"])))


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
