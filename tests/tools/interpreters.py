# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python runs which ansible-core, of the Pythons that this machine has.

As a program: prints the newest usable interpreter's path, a space, and the newest ansible-core for it.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys

import cores

# Newest first; 3.14 stands behind the versions that the unit tests cover.
PREFERENCE = ("3.13", "3.12", "3.14", "3.11")

_PROBE = "import sys, venv; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"


@functools.cache
def find(version: str) -> str | None:
    """Return the path of a working Python of that version ("3.12"), or None.

    A name on PATH is not enough: a version manager's shim may stand there for a version that is not active, so each
    candidate is run.
    """
    for name in (f"python{version}", "python3", "python", sys.executable):
        path = shutil.which(name)
        if not path:
            continue
        probe = subprocess.run([path, "-c", _PROBE], capture_output=True, text=True, check=False, timeout=60)
        lines = probe.stdout.split()
        if probe.returncode == 0 and len(lines) == 2 and lines[0] == version:
            return lines[1]
    return None


def controller_python(core: str) -> tuple[str, str] | None:
    """Return (version, path) of the preferred Python for an ansible-core, or None where this machine has none."""
    for version in cores.CONTROLLER_PYTHONS[core]:
        path = find(version)
        if path:
            return version, path
    return None


@functools.cache
def installable(version: str) -> bool:
    """Return whether the system's package manager has that Python ("3.12"): apt-cache names a candidate."""
    if shutil.which("apt-cache") is None:
        return False
    command = ["apt-cache", "policy", f"python{version}"]
    environment = {**os.environ, "LC_ALL": "C"}
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment).stdout
    candidates = [line.split()[1:] for line in shown.splitlines() if line.strip().startswith("Candidate:")]
    return bool(candidates) and candidates != [["(none)"]]


def lacking(core: str) -> str | None:
    """Return what to install so that an ansible-core has a Python, or None if the system has no package for it."""
    for version in cores.CONTROLLER_PYTHONS[core]:
        if installable(version):
            return f"there is no Python {version} for ansible-core {core}: install python{version} python{version}-venv"
    return None


def search_path() -> list[str]:
    """Return the folders of PATH, those of all usable Pythons first, and without those whose pythonX.Y does not run.

    Some programs (ansible-test) take every pythonX.Y that they find on PATH for a Python.
    """
    usable = [os.path.dirname(path) for version in PREFERENCE if (path := find(version))]
    others = [folder for folder in os.environ["PATH"].split(os.pathsep) if not _holds_dead_python(folder)]
    return list(dict.fromkeys([*usable, *others]))


def _holds_dead_python(folder: str) -> bool:
    for minor in range(20):
        path = os.path.join(folder, f"python3.{minor}")
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            done = subprocess.run([path, "-c", ""], capture_output=True, check=False, timeout=60)
            if done.returncode:
                return True
    return False


def newest() -> tuple[str, str, str] | None:
    """Return (version, path, newest ansible-core for it) of the newest usable Python, or None."""
    for version in PREFERENCE:
        path = find(version)
        if path:
            return version, path, cores.newest_for(version)
    return None


def main() -> None:
    found = newest()
    if found is None:
        sys.exit("No Python 3.11 or newer with its venv module was found: install python3 and python3-venv.")
    print(found[1], found[2])


if __name__ == "__main__":
    main()
