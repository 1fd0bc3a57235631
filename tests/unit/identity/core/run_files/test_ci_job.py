# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the environment of a CI job says about it, and what of that may be kept."""

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.ci_job import find_job
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.origin import (
    COLLECTION_VERSION,
    LONGEST_NOTE,
    is_origin,
    make_origin,
)

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "contoso/identity",
    "GITHUB_RUN_ID": "1658821493",
    "GITHUB_RUN_ATTEMPT": "2",
}
GITLAB = {"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.example.com:8443/it/identity/-/jobs/4711"}
AZURE = {
    "TF_BUILD": "True",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/contoso/",
    "SYSTEM_TEAMPROJECT": "Hybrid identity",
    "BUILD_BUILDID": "57",
}
JENKINS = {"JENKINS_URL": "http://ci:8080/", "BUILD_URL": "http://ci:8080/job/identity/15/"}


@pytest.mark.parametrize(
    ("environment", "job"),
    [
        (GITHUB, "https://github.com/contoso/identity/actions/runs/1658821493/attempts/2"),
        (GITLAB, "https://gitlab.example.com:8443/it/identity/-/jobs/4711"),
        (AZURE, "https://dev.azure.com/contoso/Hybrid%20identity/_build/results?buildId=57"),
        (JENKINS, "http://ci:8080/job/identity/15/"),
        ({}, None),
        # A variable that anybody may set on a workstation is no CI system.
        ({"BUILD_URL": "https://example.com/1", "CI": "true"}, None),
    ],
)
def test_the_address_of_the_job(environment: dict[str, str], job: str | None) -> None:
    assert find_job(environment) == job


@pytest.mark.parametrize(
    ("environment", "job"),
    [
        ({**GITLAB, "CI_JOB_URL": "https://u:s3cret@gitlab.com/jobs/1?private_token=s3cret#s3cret"}, "jobs/1"),
        ({**GITHUB, "GITHUB_SERVER_URL": "https://s3cret@github.com/?t=s3cret"}, "attempts/2"),
        ({**AZURE, "SYSTEM_COLLECTIONURI": "https://s3cret@dev.azure.com/contoso/?x=s3cret"}, "buildId=57"),
        ({**JENKINS, "BUILD_URL": "https://a:b:s3cret@c@ci/job/1/;x?s3cret"}, "https://ci/job/1/;x"),
    ],
)
def test_credentials_are_left_out(environment: dict[str, str], job: str) -> None:
    found = find_job(environment)
    assert found is not None
    assert found.endswith(job)
    assert "s3cret" not in found
    assert "@" not in found


@pytest.mark.parametrize(
    "environment",
    [
        {"GITLAB_CI": "true"},
        {**GITLAB, "CI_JOB_URL": ""},
        {**GITLAB, "CI_JOB_URL": "gitlab.example.com/jobs/1"},
        {**GITLAB, "CI_JOB_URL": "javascript://gitlab.example.com/%0aalert(1)"},
        {**GITLAB, "CI_JOB_URL": "https://gitlab.example.com/jobs/1\nrun: forged"},
        {**GITLAB, "CI_JOB_URL": "https://gitlab.example.com/\u202ejobs"},
        {**GITLAB, "CI_JOB_URL": "https://[/jobs"},
        {**GITLAB, "CI_JOB_URL": "https:///jobs"},
        {**GITLAB, "CI_JOB_URL": f"https://gitlab.example.com/{'x' * 500}"},
        {**GITHUB, "GITHUB_RUN_ID": "1/../../evil"},
        {**GITHUB, "GITHUB_RUN_ATTEMPT": "2?x=y"},
        {**GITHUB, "GITHUB_REPOSITORY": ""},
        {**AZURE, "BUILD_BUILDID": "57&token=x"},
        {**AZURE, "SYSTEM_TEAMPROJECT": ""},
        {**AZURE, "SYSTEM_COLLECTIONURI": "dev.azure.com"},
    ],
)
def test_what_is_no_address_is_left_out(environment: dict[str, str]) -> None:
    assert find_job(environment) is None


def test_texts_from_outside_stay_on_one_line_and_are_short() -> None:
    origin = make_origin("host\x1b[2J" + "x" * 999, GITLAB, "a\nb" * 999, "CHG-2041\n" + "n" * 999)
    assert is_origin(origin)
    assert origin["controller"].startswith("host\\x1b[2J")
    assert origin["note"].startswith("CHG-2041\\n")
    assert len(origin["note"]) == LONGEST_NOTE
    texts = [text for text in (origin["controller"], origin["app"], origin["note"]) if text]
    assert all(text.isprintable() and len(text) <= LONGEST_NOTE for text in texts)


def test_what_is_not_known_is_null() -> None:
    assert make_origin("runner-7", {}, None, None) == {
        "controller": "runner-7",
        "job": None,
        "app": None,
        "version": COLLECTION_VERSION,
        "note": "",
    }
