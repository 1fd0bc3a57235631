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
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

from .._identity.core.errors import IdentityError


@dataclass(frozen=True)
class Dependency:
    """A library. ``package`` is imported, ``distribution`` installed. ``below``: the first version that is too new.

    ``fault`` tries the library, whatever its version, and returns a clause on what it does wrong, None if nothing.
    """

    package: str
    distribution: str
    minimum: tuple[int, ...]
    below: tuple[int, ...] | None = None
    fault: Callable[[], str | None] | None = None

    @property
    def requirement(self) -> str:
        text = f"{self.distribution}>={_dotted(self.minimum)}"
        return text if self.below is None else f"{text},<{_dotted(self.below)}"


def _filter_fault() -> str | None:
    from ldap3.operation.search import search_operation
    from ldap3.utils.asn1 import encode

    request = encode(search_operation("", r"(cn=a\28b)", "BASE", "NEVER", [], 0, 0, False, False, False))
    return None if b"a(b" in request else "sends the escapes of a filter as text, so a search finds the wrong users"


# 2.10 sends a filter's escapes as text (2.10.2rc4), so a search would find no user, or the wrong one.
# tests/upstream/test_ldap3.py::test_the_next_release_sends_escapes_as_text
LDAP3 = Dependency("ldap3", "ldap3", (2, 9, 1), below=(2, 10), fault=_filter_fault)
MSGRAPH_SDK = Dependency("msgraph", "msgraph-sdk", (1, 20, 0))
AZURE_IDENTITY = Dependency("azure.identity", "azure-identity", (1, 17, 1))
PYCOUNTRY = Dependency("pycountry", "pycountry", (23, 12, 11))
# msgraph-sdk and azure-identity accept old versions of what they build on. These are the first without a security bug
# that is known (https://osv.dev) and could concern us.
# CVE-2026-39892, and the OpenSSL that older wheels hold (GHSA-537c-gmf6-5ccf). CVE-2026-69247, which 50.0.0 fixes,
# concerns PKCS #7, which nothing here uses.
CRYPTOGRAPHY = Dependency("cryptography", "cryptography", (48, 0, 1))
# CVE-2025-57804 and CVE-2026-71554.
H2 = Dependency("h2", "h2", (4, 4, 1))
# CVE-2026-32597, the five of 2.13.0, those of 2.14.0, and CVE-2026-101918.
PYJWT = Dependency("jwt", "pyjwt", (2, 15, 0))
# CVE-2024-47081 and CVE-2026-25645.
REQUESTS = Dependency("requests", "requests", (2, 33, 0))
GRAPH = (MSGRAPH_SDK, AZURE_IDENTITY, CRYPTOGRAPHY, H2, PYJWT, REQUESTS)


# Ansible looks for a Python on each host that the inventory names, localhost included, and takes the system's.
_OTHER_PYTHON = (
    "If the Python that runs ansible-playbook has the libraries, use it for the modules: set "
    'ansible_python_interpreter to "{{ ansible_playbook_python }}" for this host.'
)


class MissingDependency(IdentityError):
    """A library is missing, too old or too new for the Python that runs the module."""


def require(*dependencies: Dependency) -> None:
    """Check that libraries are installed in usable versions. Only those with a ``fault`` are imported.

    :raises MissingDependency: if they are not; the message says what to install and for which interpreter.
    """
    problems = [problem for problem in map(_problem, dependencies) if problem]
    if not problems:
        return
    wanted = " ".join(f"'{dependency.requirement}'" for dependency in dependencies)
    raise MissingDependency(
        f"{'; '.join(problems)}. Install with: {sys.executable} -m pip install {wanted}. {_OTHER_PYTHON}",
        python=sys.executable,
    )


def _problem(dependency: Dependency) -> str | None:
    try:
        found = importlib.util.find_spec(dependency.package)
    except ModuleNotFoundError:
        found = None
    if found is None:
        return f"The Python library {dependency.distribution} is not installed for {sys.executable}"
    version = _version(dependency)
    wrong = _wrong_version(dependency, version) or (dependency.fault() if dependency.fault else None)
    if wrong is None:
        return None
    name = f"{dependency.distribution} {version or 'of an unknown version'}"
    return f"{name} (in {found.origin}) {wrong}: {dependency.requirement} is needed"


def _version(dependency: Dependency) -> str | None:
    try:
        return metadata.version(dependency.distribution)
    except metadata.PackageNotFoundError:
        return None  # vendored, or installed by a system package without metadata


def _wrong_version(dependency: Dependency, version: str | None) -> str | None:
    if version is None:
        return None
    if _parts(version) < dependency.minimum:
        return "is too old"
    return "is too new" if dependency.below is not None and _parts(version) >= dependency.below else None


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
