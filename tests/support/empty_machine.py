# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine on which nobody has worked yet: an empty home, and a Python that has only what a user installs.

A lab has a network of its own, in which no package index can be reached. So the packages are taken from the Python
that runs the tests: exactly those that ``pip install`` would bring, by the metadata of the packages themselves.
``ansible-galaxy`` finds the collections that ours depends on already there, in the versions that the tests use.
"""

from __future__ import annotations

import os
import re
import subprocess
import venv
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import collection_tree
from packaging.requirements import Requirement

_TOOL = "#!{python}\nimport sys\nfrom {module} import {name}\nsys.exit({name}())\n"


def closure(requirements: Sequence[str]) -> dict[str, metadata.Distribution]:
    """Return the installed distributions that these requirements bring, by name.

    Raises PackageNotFoundError if one of them is not installed.
    """
    found: dict[str, metadata.Distribution] = {}
    wanted = [Requirement(each) for each in requirements]
    while wanted:
        requirement = wanted.pop()
        extras = requirement.extras or {""}
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name in found and not requirement.extras:
            continue
        found[name] = metadata.distribution(requirement.name)
        for each in found[name].requires or ():
            further = Requirement(each)
            # An extra's requirement counts only if the extra was asked for.
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                further.marker = None
                wanted.append(further)
    return found


class EmptyMachine:
    """``folder`` is where its user types. ``environment`` is all that its programs know."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder / "work", folder / "home"
        self.folder.mkdir()
        self.home.mkdir()
        self._python = folder / "python"
        venv.create(self._python, symlinks=True, with_pip=True)
        self.environment = {
            "HOME": str(self.home),
            "PATH": os.pathsep.join([str(self._python / "bin"), os.defpath, "/usr/local/bin", "/usr/sbin", "/sbin"]),
            "LANG": "C.UTF-8",
            # What is there is enough, or the installation fails.
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def install(self, *requirements: str) -> None:
        """Give it the packages that ``pip install`` of these requirements brings."""
        (place,) = (self._python / "lib").glob("python*/site-packages")
        for distribution in closure(requirements).values():
            for top in _top_level(distribution):
                target = Path(str(distribution.locate_file(top)))
                if not (place / top).exists():
                    (place / top).symlink_to(target, target_is_directory=target.is_dir())
            for script in distribution.entry_points.select(group="console_scripts"):
                path = self._python / "bin" / script.name
                path.write_text(
                    _TOOL.format(python=self._python / "bin" / "python", module=script.module, name=script.attr),
                    "utf-8",
                )
                path.chmod(0o755)

    def give_collections(self) -> None:
        """Lay out the collections that ours depends on, which Galaxy would send."""
        for name in collection_tree.WANTED:
            place = self.home / ".ansible" / "collections" / "ansible_collections" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to((collection_tree.COLLECTIONS / name).resolve(), target_is_directory=True)

    def type(
        self, commands: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Type commands in a shell; the first that fails ends it. Output and errors are both in ``stdout``."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=cwd or self.folder,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )


def _top_level(distribution: metadata.Distribution) -> Iterator[str]:
    """Yield the files and folders that a distribution has in site-packages."""
    names = {file.parts[0] for file in distribution.files or ()}
    yield from sorted(names - {"..", "__pycache__"})
