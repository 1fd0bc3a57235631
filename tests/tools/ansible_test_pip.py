# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a pip bootstrap script where `ansible-test --venv` looks for one.

ansible-test would download get-pip.py from a host that machines behind a registry mirror do not reach. That script
installs the pip it carries, no more; ours takes the same pip from the index, downloaded with the settings of whoever
runs the tests, which ansible-test does not hand on to its virtual environments.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = """\
# Written by hybrid.identity's tests in place of get-pip.py.
import runpy
import sys

wheel = {wheel!r}
sys.path.insert(0, wheel)
sys.argv[1:] = ["install", "--no-index", "--disable-pip-version-check", wheel]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def wanted_version(ansible_test: Path) -> str:
    """Return the pip version that the ansible_test in that folder wants; LookupError where it no longer says so."""
    source = (ansible_test / "_internal" / "python_requirements.py").read_text(encoding="utf-8")
    found = re.search(r"default_packages = dict\(\s*pip='([^']+)'", source)
    if found is None:
        raise LookupError("This ansible-test no longer says which pip it wants where we look for it.")
    return found.group(1)


def write(version: str) -> Path:
    """Write the script for that pip version, unless ansible-test has one already; return its path."""
    folder = Path.home() / ".ansible" / "test" / "cache"
    script = folder / f"get_pip_{version.replace('.', '_')}.py"
    wheel = folder / f"pip-{version}-py3-none-any.whl"
    if not script.exists():
        options = ("-qq", "--disable-pip-version-check", "--no-deps", "--dest", str(folder))
        subprocess.run([sys.executable, "-m", "pip", "download", *options, f"pip=={version}"], check=True, timeout=300)
        script.write_text(SCRIPT.format(wheel=str(wheel)), encoding="utf-8")
    return script
