# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions that the modules accept are those of requirements.txt, which the oldest ansible-core is tested with."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._module import deps

LINES = (Path(__file__).resolve().parents[2] / "requirements.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "dependency", [deps.LDAP3, deps.PYCOUNTRY, *deps.GRAPH], ids=lambda dependency: dependency.distribution
)
def test_modules_and_requirements_agree(dependency: deps.Dependency) -> None:
    assert dependency.requirement in LINES


@pytest.mark.parametrize(
    ("version", "wrong"),
    [
        ("2.9.1", None),
        ("2.9.2rc1", None),
        ("2.8", "too old"),
        ("2.9", "too old"),
        ("2.10", "too new"),
        ("2.10rc1", "too new"),
        ("2.10.2rc4", "too new"),
        ("3.0", "too new"),
    ],
)
def test_versions_of_ldap3(monkeypatch: pytest.MonkeyPatch, version: str, wrong: str | None) -> None:
    monkeypatch.setattr(deps.metadata, "version", {"ldap3": version}.__getitem__)
    if wrong is None:
        deps.require(deps.LDAP3)
        return
    with pytest.raises(deps.MissingDependency) as caught:
        deps.require(deps.LDAP3)
    assert f"ldap3 {version} (in " in caught.value.message
    assert f"is {wrong}: ldap3>=2.9.1,<2.10 is needed. Install with: " in caught.value.message
    assert caught.value.message.endswith(" -m pip install 'ldap3>=2.9.1,<2.10'")
