# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the Python libraries that a module needs are installed.

ldap3, msgraph-sdk, azure-identity and pycountry are imported inside the functions that use them, so that a module's
file can always be loaded. The module calls :func:`require` first.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass
from importlib import metadata

from .._identity.core.errors import IdentityError


@dataclass(frozen=True)
class Dependency:
    """A library. ``package`` is imported, ``distribution`` installed. ``below``: the first version that is too new."""

    package: str
    distribution: str
    minimum: tuple[int, ...]
    below: tuple[int, ...] | None = None

    @property
    def requirement(self) -> str:
        text = f"{self.distribution}>={_dotted(self.minimum)}"
        return text if self.below is None else f"{text},<{_dotted(self.below)}"


# 2.10 sends a filter's escapes as text (2.10.2rc4), so a search would find no user, or the wrong one.
# tests/upstream/test_ldap3.py::test_the_next_release_sends_escapes_as_text
LDAP3 = Dependency("ldap3", "ldap3", (2, 9, 1), below=(2, 10))
MSGRAPH_SDK = Dependency("msgraph", "msgraph-sdk", (1, 20, 0))
AZURE_IDENTITY = Dependency("azure.identity", "azure-identity", (1, 17, 1))
PYCOUNTRY = Dependency("pycountry", "pycountry", (23, 12, 11))
GRAPH = (MSGRAPH_SDK, AZURE_IDENTITY)


class MissingDependency(IdentityError):
    """A library is missing, too old or too new for the Python that runs the module."""


def require(*dependencies: Dependency) -> None:
    """Check that libraries are installed in usable versions, without importing them.

    :raises MissingDependency: if they are not; the message says what to install and for which interpreter.
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
        return None  # vendored, or installed by a system package without metadata
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
