# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the working tree as git sees it to .cache/copies/NAME/ansible_collections/hybrid/identity.

ansible-test and ansible-lint want a collection at such a path, in a git repository of its own, without virtual
environments and results lying in it. Each caller has a copy of its own: sessions run side by side.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import collection_tree

COPIES = collection_tree.CACHE / "copies"


def _git(*arguments: str, cwd: Path) -> str:
    return subprocess.run(
        ["git", "-c", f"safe.directory={cwd}", *arguments],
        cwd=cwd,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout


def copy(name: str) -> Path:
    """Make the copy of that name afresh, committed, with the dependencies beside it; return its path."""
    root = collection_tree.ROOT
    place = COPIES / name / "ansible_collections" / "hybrid" / "identity"
    names = _git("ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=root).split("\0")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for file in filter(None, names):
        source, target = root / file, place / file
        # A file deleted but not yet committed is still listed.
        if source.is_symlink() or source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    _git("init", "--quiet", "--initial-branch=main", cwd=place)
    _git("add", "--all", cwd=place)
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@localhost", "-c", "commit.gpgsign=false")
    _git(*identity, "commit", "--quiet", "--no-verify", "--message=Copy for the linters", cwd=place)
    collection_tree.fetch()
    collection_tree.link(place.parents[1])
    return place
