# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions that the modules accept are those of requirements.txt, which the oldest ansible-core is tested with."""

from __future__ import annotations

import sys
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
    assert " -m pip install 'ldap3>=2.9.1,<2.10'. " in caught.value.message


@pytest.mark.parametrize("version", ["2.9.2", None])
def test_an_ldap3_that_sends_escapes_as_text(monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    """As 2.10.2rc4 does, whatever it calls itself."""
    from ldap3.utils.conv import to_raw

    monkeypatch.setattr("ldap3.operation.search.prepare_filter_for_sending", to_raw)
    versions = {} if version is None else {"ldap3": version}
    monkeypatch.setattr(deps, "_version", lambda dependency: versions.get(dependency.distribution))
    with pytest.raises(deps.MissingDependency) as caught:
        deps.require(deps.LDAP3)
    assert caught.value.message.startswith(f"ldap3 {version or 'of an unknown version'} (in ")
    assert (
        ") sends the escapes of a filter as text, so a search finds the wrong users: ldap3>=2.9.1,<2.10 is needed. "
        "Install with: "
    ) in caught.value.message


def test_a_missing_library_names_the_other_python() -> None:
    """A host of the inventory runs modules with the system's Python, also if it is localhost."""
    missing = deps.Dependency("no_such_package", "no-such-package", (1, 0))
    with pytest.raises(deps.MissingDependency) as caught:
        deps.require(missing)
    assert caught.value.message == (
        f"The Python library no-such-package is not installed for {sys.executable}. Install with: {sys.executable} -m "
        "pip install 'no-such-package>=1.0'. If the Python that runs ansible-playbook has the libraries, use it "
        'for the modules: set ansible_python_interpreter to "{{ ansible_playbook_python }}" for this host.'
    )


def test_an_ldap3_of_an_unknown_version_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deps, "_version", lambda _dependency: None)
    deps.require(deps.LDAP3)
