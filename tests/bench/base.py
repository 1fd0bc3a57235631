# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another revision of the collection, measured in turn with the working tree against the same servers."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

from . import figures
from .figures import Figure
from .playbook import Collection
from .processes import ProgramFailed
from .runs import Runs

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
PARTS = ("galaxy.yml", "meta", "plugins", "roles", "playbooks")


def unpack(revision: str, variables: Path | None, folder: Path) -> Collection:
    """Unpack the collection of a revision. ``variables``: a YAML file with those of its role, if they had other names.

    :raises ProgramFailed: if there is no such revision or no such file.
    """
    if variables and not variables.is_file():
        raise ProgramFailed(f"There is no file {variables}; set BASE_VARS to a YAML file of role variables.")
    known = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    if known.returncode:
        raise ProgramFailed(f"{revision!r} is no revision of this repository; set BASE to one that git log shows.")
    packed = _git("archive", "--format=zip", known.stdout.decode("ascii").strip(), *PARTS)
    if packed.returncode:
        raise ProgramFailed(f"git cannot unpack {revision}: {packed.stderr.decode('utf-8', 'replace').strip()}")
    place = folder / "base" / "ansible_collections" / "hybrid" / "identity"
    place.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(packed.stdout)) as archive:
        archive.extractall(place)
    return Collection(folder / "base", variables)


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)


def compare(runs: Runs, base: Collection) -> Iterator[tuple[str, Figure]]:
    """Run the role of both revisions in turn over the users that the site has now, and yield ``base`` or ``now`` with
    each figure of a first and a second run.

    :raises ProgramFailed: if a run fails.
    :raises WrongRun: if a run makes other writes than it should.
    """
    for _round in range(ROUNDS):
        for side, where in ((figures.BASE, base), (figures.NOW, None)):
            for figure in runs.both(where):
                yield side, figure
