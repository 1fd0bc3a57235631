# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard for Python libraries that a machine may lack.

Layers import ldap3, msgraph-sdk, azure-identity and pycountry inside the functions that use them, so that a module's
file can always be loaded; the module calls :func:`require` first.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass
from importlib import metadata

from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError


@dataclass(frozen=True)
class Dependency:
    """A library by the name one imports and the name one installs, with its oldest version and the first too new."""

    package: str
    distribution: str
    minimum: tuple[int, ...]
    below: tuple[int, ...] | None = None

    @property
    def requirement(self) -> str:
        text = f"{self.distribution}>={_dotted(self.minimum)}"
        return text if self.below is None else f"{text},<{_dotted(self.below)}"


# 2.10 sends a filter's escapes as text (2.10.2rc4), so a search would find nobody, or somebody else.
# tests/upstream/test_ldap3.py::test_the_next_release_sends_escapes_as_text
LDAP3 = Dependency("ldap3", "ldap3", (2, 9, 1), below=(2, 10))
MSGRAPH_SDK = Dependency("msgraph", "msgraph-sdk", (1, 20, 0))
AZURE_IDENTITY = Dependency("azure.identity", "azure-identity", (1, 17, 1))
PYCOUNTRY = Dependency("pycountry", "pycountry", (23, 12, 11))
GRAPH = (MSGRAPH_SDK, AZURE_IDENTITY)


class MissingDependency(IdentityError):
    """A library is not there, or too old, for the Python that runs the module."""


def require(*dependencies: Dependency) -> None:
    """Check that libraries are there, without importing them.

    :raises MissingDependency: naming what to install and for which interpreter.
    """
    problems = [problem for problem in map(_problem, dependencies) if problem]
    if not problems:
        return
    wanted = " ".join(f"'{dependency.requirement}'" for dependency in dependencies)
    raise MissingDependency(
        f"{'; '.join(problems)}. Install with: {sys.executable} -m pip install {wanted}",
        python=sys.executable,
    )


def _problem(dependency: Dependency) -> str | None:
    try:
        found = importlib.util.find_spec(dependency.package)
    except ModuleNotFoundError:
        found = None
    if found is None:
        return f"The Python library {dependency.distribution} is not installed for {sys.executable}"
    try:
        version = metadata.version(dependency.distribution)
    except metadata.PackageNotFoundError:
        return None  # vendored or installed by a system package that keeps no metadata
    if _parts(version) < dependency.minimum:
        return f"{dependency.distribution} {version} (in {found.origin}) is too old: {dependency.requirement} is needed"
    if dependency.below is not None and _parts(version) >= dependency.below:
        return f"{dependency.distribution} {version} (in {found.origin}) is too new: {dependency.requirement} is needed"
    return None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _parts(version: str) -> tuple[int, ...]:
    numbers = []
    for part in version.split("."):
        # A release candidate of 2.10 ("2.10rc1") counts as 2.10.
        digits = re.match(r"\d+", part)
        if digits is None:
            break
        numbers.append(int(digits.group()))
    return tuple(numbers)
