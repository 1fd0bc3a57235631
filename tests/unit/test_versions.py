# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README, the metadata and the sessions name the same versions."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import cores

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.origin import COLLECTION_VERSION

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_the_cores_that_are_tested() -> None:
    sentence = re.search(
        r"ansible-core (\S+) or newer, and is tested with ([\d., rcand]+)\.\s", " ".join(README.split())
    )
    assert sentence, "README.md does not say which versions of ansible-core are tested"
    tested = re.split(r", | and ", sentence.group(2))
    assert sentence.group(1) == cores.OLDEST
    assert tested == [cores.CANDIDATES.get(core, core) for core in cores.CONTROLLER_PYTHONS]


def test_the_readme_names_the_oldest_python() -> None:
    oldest = min({each for pythons in cores.CONTROLLER_PYTHONS.values() for each in pythons}, key=cores.number)
    assert f"Python {oldest} or newer on the controller" in " ".join(README.split())


def test_the_collection_asks_for_the_oldest_core() -> None:
    runtime = (ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8")
    assert f'requires_ansible: ">={cores.OLDEST}.0"' in runtime


@pytest.mark.parametrize("path", sorted(ROOT.glob("roles/*/meta/main.yml")), ids=lambda path: path.parts[-3])
def test_roles_ask_for_the_oldest_core(path: Path) -> None:
    assert f'min_ansible_version: "{cores.OLDEST}"' in path.read_text(encoding="utf-8")


def test_files_of_runs_name_the_version_of_the_collection() -> None:
    galaxy = (ROOT / "galaxy.yml").read_text(encoding="utf-8")
    assert f"\nversion: {COLLECTION_VERSION}\n" in galaxy
