# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URL of the CI job that runs Ansible, as its environment says it (facts §26).

An environment may say anything, so the URL is a claim. It is data for people and is never opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_LONGEST: Final = 500
_NUMBER: Final = re.compile("[0-9]{1,20}")
_UNSAFE: Final = re.compile("[^A-Za-z0-9._~/-]")
# Printable ASCII only. What is before the last @ of the first part is a user and a password.
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?:[^/?#]*@)?(?P<host>[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?)"
    r"(?P<path>(?:/[!-~]*?)?)(?:[?#].*)?",
)


def find_job(environment: Mapping[str, str]) -> str | None:
    """Return the URL of the job; None if this is no known CI system, or if what it says is no URL of the web.

    It has no user, no password, no query and no fragment of the environment.
    """
    for sign, read in _SYSTEMS.items():
        if environment.get(sign):
            url = read(environment)
            return url if url and len(url) <= _LONGEST else None
    return None


def _github(environment: Mapping[str, str]) -> str | None:
    run, attempt = environment.get("GITHUB_RUN_ID", ""), environment.get("GITHUB_RUN_ATTEMPT", "1")
    server, repository = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_REPOSITORY", "")
    if not (repository and _NUMBER.fullmatch(run) and _NUMBER.fullmatch(attempt)):
        return None
    return _joined(server, f"{_quoted(repository)}/actions/runs/{run}/attempts/{attempt}")


def _gitlab(environment: Mapping[str, str]) -> str | None:
    return _plain(environment.get("CI_JOB_URL", ""))


def _azure(environment: Mapping[str, str]) -> str | None:
    build, project = environment.get("BUILD_BUILDID", ""), environment.get("SYSTEM_TEAMPROJECT", "")
    if not (project and _NUMBER.fullmatch(build)):
        return None
    # The only query, because Azure Pipelines has no address without one. Its value is a number.
    page = _joined(environment.get("SYSTEM_COLLECTIONURI", ""), f"{_quoted(project)}/_build/results")
    return f"{page}?buildId={build}" if page else None


def _jenkins(environment: Mapping[str, str]) -> str | None:
    return _plain(environment.get("BUILD_URL", ""))


_SYSTEMS: Final[Mapping[str, Callable[[Mapping[str, str]], str | None]]] = {
    "GITHUB_ACTIONS": _github,
    "GITLAB_CI": _gitlab,
    "TF_BUILD": _azure,
    "JENKINS_URL": _jenkins,
}
"""By the variable that only this system sets."""


def _joined(server: str, path: str) -> str | None:
    base = _plain(server)
    return f"{base.rstrip('/')}/{path}" if base else None


def _quoted(path: str) -> str:
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode("utf-8", "replace")), path)


def _plain(url: str) -> str | None:
    """Return a URL without user, password, query and fragment; None if it is none."""
    parts = _URL.fullmatch(url)
    return f"{parts['scheme']}://{parts['host']}{parts['path']}" if parts else None
