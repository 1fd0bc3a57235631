# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests a run takes: those for this Python and this ansible-core, and of the unit tests all or a part.

A test for another version is deselected: no machine could run it here. A test is skipped only if a program is missing.
The PowerShell and the built modules that several folders of tests share are here too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from support import built_modules as built
from support.resident_powershell import NO_PWSH, PWSH, ResidentPowerShell

# A slow machine is no failure.
settings.register_profile("any-speed", deadline=None)
settings.load_profile("any-speed")

UNIT = Path(__file__).resolve().parent / "unit"
# Folders and files of tests/unit that need no Ansible: a run on the oldest Python and one on the newest will do, and
# `make check` runs them.
PURE = (
    "identity",
    "report/test_views.py",
    "test_architecture.py",
    "test_links.py",
    "module/test_countries.py",
    "test_requirements.py",
    "test_upstream_tests.py",
    "test_versions.py",
    "tools",
)
# Those that call a service of ours with no module around it: of Ansible they see only how options are declared. These
# two runs will do for them too.
NO_MODULE = (
    "graph/http",
    "graph/reads",
    "graph/test_altered_answers.py",
    "graph/test_entra_immutable_id_failures.py",
    "graph/test_entra_immutable_id_wire.py",
    "graph/test_entra_sync_info_wire.py",
    "graph/test_identities_wire.py",
    "graph/writes",
    "ldap/session/test_ldap_connection.py",
    "ldap/users/test_directory_view.py",
    "ldap/users/test_scope.py",
    "workflow/test_match_changes.py",
    "workflow/test_match_table.py",
)
# Those that call the modules of workflow/test_plan.py, test_apply.py and test_rollback.py once more: only what the
# directories say differs.
SAME_MODULES = (
    "workflow/test_altered_estate.py",
    "workflow/test_altered_journals.py",
    "workflow/test_changed_since.py",
    "workflow/test_exclusions.py",
    "workflow/test_match_by.py",
    "workflow/test_plan_with_review.py",
    "workflow/test_review_property.py",
    "workflow/test_rollback_cases.py",
    "workflow/test_scope_of_a_plan.py",
)


class NoAnsible(MetaPathFinder):
    """Let the import of Ansible fail in a run of the pure tests."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name.partition(".")[0] == "ansible":
            raise ImportError("A pure unit test imports Ansible: take the test out of PURE in tests/conftest.py.")
        return None


@pytest.fixture(scope="session")
def resident() -> Iterator[ResidentPowerShell]:
    if PWSH is None:
        pytest.skip(NO_PWSH)
    process = ResidentPowerShell()
    yield process
    process.close()


@pytest.fixture(scope="session")
def built_modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """From here on each ansible-playbook uses the modules that those before it have built."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in built.settings(tmp_path_factory.mktemp("modules")).items():
            patch.setenv(name, value)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--part",
        choices=("pure", "core"),
        help="of the unit tests, those that need no Ansible, or those that an ansible-core may change",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--part") == "pure":
        sys.meta_path.insert(0, NoAnsible())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the files and folders alone that do not belong to the part: a conftest of theirs may import Ansible."""
    part = config.getoption("--part")
    if not part or UNIT not in collection_path.parents or collection_path.suffix not in ("", ".py"):
        return None
    if part == "core":
        return _is_within(collection_path, (*PURE, *NO_MODULE, *SAME_MODULES)) or None
    holds = any((UNIT / each).is_relative_to(collection_path) for each in PURE)
    return None if holds or _is_within(collection_path, PURE) else True


def _is_within(path: Path, names: Sequence[str]) -> bool:
    return any(path.is_relative_to(UNIT / each) for each in names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = {"python": _parts(sys.version.split()[0]), "ansible_core": _ansible_core()}
    for_others = []
    for item in items:
        if "give_arguments" in getattr(item, "fixturenames", ()) and _is_within(item.path, NO_MODULE):
            raise pytest.UsageError(
                f"{item.nodeid} runs a module: take its file out of NO_MODULE in tests/conftest.py."
            )
        for name, found in here.items():
            marker = item.get_closest_marker(name)
            if marker and found < _parts(marker.args[0]):
                for_others.append(item)
                break
    if for_others:
        config.hook.pytest_deselected(items=for_others)
        items[:] = [item for item in items if item not in for_others]


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])


def _ansible_core() -> tuple[int, ...]:
    try:
        return _parts(version("ansible-core"))
    except PackageNotFoundError:
        return ()
