# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ansible-core meets which Python, and what is said where the machine has none."""

from __future__ import annotations

from pathlib import Path

import cores
import interpreters
import pytest

APT_CACHE = """#!/bin/sh
echo "$2:"
echo "  Installed: (none)"
[ "$2" = python3.12 ] && echo "  Candidate: 3.12.3-1" || echo "  Candidate: (none)"
"""


def test_only_the_candidate_is_installed_by_its_exact_version() -> None:
    assert cores.requirement("2.22") == "ansible-core==2.22.0rc1"
    assert cores.requirement("2.21") == "ansible-core==2.21.*"


@pytest.mark.parametrize(("python", "core"), [("3.11", "2.19"), ("3.12", "2.21"), ("3.13", "2.21"), ("3.14", "2.21")])
def test_the_newest_core_of_a_python_is_a_release(python: str, core: str) -> None:
    assert cores.newest_for(python) == core


@pytest.mark.parametrize(
    ("pythons", "newest", "whole"),
    [
        # Debian 12, Ubuntu 24.04, Debian 13, and a machine with all three
        ({"2.16": "3.11", "2.18": "3.11", "2.19": "3.11"}, "2.19", {"2.19"}),
        ({"2.16": "3.12", "2.18": "3.12", "2.19": "3.12", "2.20": "3.12", "2.21": "3.12"}, "2.21", {"2.21"}),
        ({"2.18": "3.13", "2.21": "3.13", "2.22": "3.13"}, "2.21", {"2.21"}),
        ({"2.16": "3.11", "2.18": "3.12", "2.19": "3.13", "2.21": "3.13"}, "2.21", {"2.16", "2.21"}),
    ],
)
def test_the_oldest_and_the_newest_python_run_all_unit_tests(
    pythons: dict[str, str], newest: str, whole: set[str]
) -> None:
    assert cores.whole_runs(pythons, newest) == whole


def test_integration_is_for_the_oldest_and_the_newest() -> None:
    assert cores.integration("2.21") == ["2.16", "2.21"]
    assert cores.integration("2.16") == ["2.16"]


@pytest.fixture
def ubuntu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package manager that has Python 3.12 only."""
    program = tmp_path / "apt-cache"
    program.write_text(APT_CACHE, "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    interpreters.installable.cache_clear()


@pytest.mark.usefixtures("ubuntu")
def test_a_python_that_can_be_installed_is_named_with_its_packages() -> None:
    assert interpreters.lacking("2.16") == (
        "there is no Python 3.12 for ansible-core 2.16: install python3.12 python3.12-venv"
    )


@pytest.mark.usefixtures("ubuntu")
def test_a_python_that_cannot_be_installed_is_not_asked_for() -> None:
    assert interpreters.lacking("2.22") is None


def test_without_a_package_manager_nothing_can_be_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    interpreters.installable.cache_clear()
    assert interpreters.lacking("2.16") is None
