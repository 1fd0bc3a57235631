# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Without PowerShell only what needs it is left out, and only what cannot apply is not counted."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import sanity_plan
from junit_results import Counts, count

RESULT = "<testsuites><testsuite><testcase name='a'>{}</testcase></testsuite></testsuites>"


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    modules = tmp_path / "plugins" / "modules"
    modules.mkdir(parents=True)
    for name in ("ad_user.py", "adsync_info.ps1", "adsync_info.yml"):
        (modules / name).touch()
    return tmp_path


def test_with_powershell_one_run_does_all_but_pylint(collection: Path) -> None:
    rest, _pylint = sanity_plan.runs(collection, pwsh=True)
    assert rest == [*sanity_plan.OPTIONS, "--skip-test", "pylint"]


@pytest.mark.parametrize("pwsh", [True, False])
def test_pylint_leaves_out_the_tests_only(collection: Path, pwsh: bool) -> None:
    pylint = [*sanity_plan.OPTIONS, "--test", "pylint", "--exclude", "tests/"]
    assert sanity_plan.runs(collection, pwsh)[1] == pylint


def test_without_powershell_only_the_powershell_modules_are_not_validated(collection: Path) -> None:
    rest, _pylint, modules = sanity_plan.runs(collection, pwsh=False)
    assert rest == [*sanity_plan.OPTIONS, "--skip-test", "pylint", "--skip-test", "validate-modules"]
    files = [path for option, path in itertools.pairwise(modules) if option == "--exclude"]
    assert files == ["plugins/modules/adsync_info.ps1", "plugins/modules/adsync_info.yml"]


@pytest.mark.parametrize(
    ("inner", "counts"),
    [
        ("", Counts(passed=1)),
        ("<failure>no</failure>", Counts(failed=1)),
        ("<skipped>No tests applicable.</skipped>", Counts()),
        ('<skipped>Skipping "import" on Python 3.12 because it could not be found.</skipped>', Counts()),
        ("<skipped>Skipping: pwsh could not be found.</skipped>", Counts(skipped=1)),
    ],
)
def test_results_that_count(tmp_path: Path, inner: str, counts: Counts) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    (source / "a.xml").write_text(RESULT.format(inner), "utf-8")
    sanity_plan.take_over(source, target)
    assert count(target.glob("*.xml")) == counts
