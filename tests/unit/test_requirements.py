# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floors that the modules check are those of requirements.txt, which the oldest ansible-core is tested with."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._module import deps

LINES = (Path(__file__).resolve().parents[2] / "requirements.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "dependency", [deps.LDAP3, deps.PYCOUNTRY, *deps.GRAPH], ids=lambda dependency: dependency.distribution
)
def test_modules_and_requirements_agree_on_the_floor(dependency: deps.Dependency) -> None:
    assert dependency.requirement in LINES
