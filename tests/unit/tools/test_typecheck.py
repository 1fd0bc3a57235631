# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No file escapes the type check, and none is in it under two names."""

from __future__ import annotations

from pathlib import Path

import typecheck

ROOT = Path(__file__).resolve().parents[3]


def test_every_file_of_ours_is_checked_once() -> None:
    found: list[Path] = []
    for run in typecheck.runs(ROOT):
        found += run.modules
        for package in run.packages:
            folder = ROOT / "plugins" if package == typecheck.PLUGINS else ROOT / "tests" / package
            found += sorted(set(folder.rglob("*.py")) - set(run.excluded))
    ours = {*(ROOT / "tests").rglob("*.py"), *(ROOT / "plugins").rglob("*.py"), *(ROOT / "roles").rglob("*.py")}
    assert set(found) == ours | {ROOT / "noxfile.py"}
    assert len(found) == len(set(found))


def test_a_helper_has_its_bare_name_and_a_conftest_that_is_imported_a_run_of_its_own(tmp_path: Path) -> None:
    for name, text in {
        "unit/test_a.py": "import helper",
        "unit/helper.py": "",
        "unit/conftest.py": "",
        "conftest.py": "",
        "e2e/test_b.py": "from conftest import thing",
        "e2e/conftest.py": "thing = 1",
    }.items():
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    everything, _settings, apart = typecheck.runs(tmp_path)
    assert [path.name for path in everything.modules] == ["helper.py"]
    assert {path.name for path in everything.excluded} == {"helper.py", "conftest.py", "test_b.py"}
    assert (apart.name, [path.name for path in apart.modules]) == ("tests/e2e", ["conftest.py", "test_b.py"])
