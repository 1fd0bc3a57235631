# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way in which an action group and a module's documentation can disagree is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "action_groups.py"
BOTH = ["hybrid.identity.ldap", "hybrid.identity.attributes.ad"]


def check(root: Path, ad: list[str], modules: dict[str, list[str]]) -> tuple[int, str]:
    """Run the check over a group `ad` and modules {file name: doc fragments}."""
    (root / "tests" / "tools").mkdir(parents=True)
    (root / "meta").mkdir()
    (root / "plugins" / "modules").mkdir(parents=True)
    program = shutil.copy(TOOL, root / "tests" / "tools")
    (root / "meta" / "runtime.yml").write_text(f"action_groups: {{ad: {ad}, entra: []}}\n", "utf-8")
    for name, fragments in modules.items():
        text = f"extends_documentation_fragment: {fragments}"
        text = f"DOCUMENTATION = '''\n{text}\n'''\n" if name.endswith(".py") else f"DOCUMENTATION:\n  {text}\n"
        (root / "plugins" / "modules" / name).write_text(text, "utf-8")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


def test_agreement_of_python_and_powershell_modules(tmp_path: Path) -> None:
    modules = {"ad_a.py": BOTH, "ad_b.yml": BOTH, "ad_b.ps1": [], "adsync_c.py": []}
    assert check(tmp_path, ["ad_a", "ad_b"], modules) == (0, "3 modules agree with the action groups ad, entra.\n")


@pytest.mark.parametrize(
    ("ad", "modules", "told"),
    [
        pytest.param([], {"ad_a.py": BOTH}, "ad_a: in the action group ad: False", id="module left out"),
        pytest.param(["ad_a"], {"ad_a.py": []}, "ad_a: in the action group ad: True", id="module too many"),
        pytest.param(["ad_a"], {"ad_a.py": BOTH[:1]}, "its attributes name the group ad: False", id="undocumented"),
        pytest.param(["ad_a", "ad_z"], {"ad_a.py": BOTH}, "names ad_z, which is no module", id="no such module"),
        pytest.param(["ad_b", "ad_a"], {"ad_a.py": BOTH, "ad_b.py": BOTH}, "is not sorted", id="not sorted"),
        pytest.param([], {}, "0 modules", id="no module at all"),
    ],
)
def test_disagreement(tmp_path: Path, ad: list[str], modules: dict[str, list[str]], told: str) -> None:
    code, output = check(tmp_path, ad, modules)
    assert code == 1
    assert told in output
