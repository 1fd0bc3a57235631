# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the working tree as git sees it to .cache/sanity/ansible_collections/hybrid/identity.

ansible-test and ansible-lint want a collection at such a path, in a git repository of its own, without virtual
environments and results lying in it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import collection_tree

COPY = collection_tree.CACHE / "sanity" / "ansible_collections" / "hybrid" / "identity"


def _git(*arguments: str, cwd: Path) -> str:
    return subprocess.run(
        ["git", "-c", f"safe.directory={cwd}", *arguments],
        cwd=cwd,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout


def copy() -> Path:
    """Make the copy afresh, committed, with the dependencies beside it; return its path."""
    root = collection_tree.ROOT
    names = _git("ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=root).split("\0")
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in filter(None, names):
        source, target = root / name, COPY / name
        # A file deleted but not yet committed is still listed.
        if source.is_symlink() or source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    _git("init", "--quiet", "--initial-branch=main", cwd=COPY)
    _git("add", "--all", cwd=COPY)
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@localhost", "-c", "commit.gpgsign=false")
    _git(*identity, "commit", "--quiet", "--no-verify", "--message=Copy for the linters", cwd=COPY)
    collection_tree.fetch()
    collection_tree.link(COPY.parents[1])
    return COPY
