# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch the collections that galaxy.yml depends on, and lay them out under .cache/collections.

They are taken from the wheel of PyPI's `ansible` package, so that a machine which reaches PyPI alone can run
every test.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
COLLECTIONS = CACHE / "collections" / "ansible_collections"
# Held, so that a new release of somebody else's collection cannot turn our tests red.
BUNDLE = "ansible==14.5.0"
WANTED = ("ansible/windows", "microsoft/ad")


def _download(folder: Path) -> Path:
    """Download the bundle's wheel; it is pure Python, so the Python it asks for does not matter."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"),
            *("--only-binary=:all:", "--python-version", "3.13", "--dest", str(folder), BUNDLE),
        ],
        check=True,
        timeout=900,
    )
    return next(folder.glob("ansible-*.whl"))


def unpack(names: Sequence[str], collections: Path) -> None:
    """Lay collections of the bundle out in a folder, downloading it when they are not there yet."""
    stamp = collections / ".bundle"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == BUNDLE:
        return
    shutil.rmtree(collections, ignore_errors=True)
    collections.mkdir(parents=True)
    folder = CACHE / "download"
    folder.mkdir(parents=True, exist_ok=True)
    wheel = _download(folder)
    prefixes = tuple(f"ansible_collections/{name}/" for name in names)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(collections.parent, [n for n in archive.namelist() if n.startswith(prefixes)])
    shutil.rmtree(folder)
    stamp.write_text(BUNDLE, encoding="utf-8")


def fetch() -> Path:
    """Return the folder that holds `ansible_collections`, downloading it when it is not there yet."""
    unpack(WANTED, COLLECTIONS)
    link(COLLECTIONS)
    return COLLECTIONS.parent


def link(collections: Path) -> None:
    """Make `hybrid.identity` there a link to this tree, and the dependencies links to where they were fetched."""
    targets = {"hybrid/identity": ROOT, **{name: COLLECTIONS / name for name in WANTED}}
    for name, target in targets.items():
        place = collections / name
        if place == target:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink() and place.resolve() != target.resolve():
            place.unlink()
        if not place.exists():
            place.symlink_to(target, target_is_directory=True)


if __name__ == "__main__":
    fetch()
    # Further arguments: folders in which Ansible and Python look for `ansible_collections`, such as a site-packages.
    for argument in sys.argv[1:]:
        link(Path(argument) / "ansible_collections")
