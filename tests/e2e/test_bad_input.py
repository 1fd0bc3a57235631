# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input gets one clear sentence, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from outside import Control
from support.resident_python import ResidentPython
from test_chain import dump

from playbooks import Ansible, Run

GUID = "876031de-bfb1-4f8b-9cb0-1c67a6094d3e"
# Nobody in the seed holds its ImmutableId.
FREE_GUID = "0b7c8f52-5d0e-4c3c-9a51-6a3f1d2e4c5b"
# A deleted user of this test does.
BINNED = "5b8e2d14-7c39-4f0a-8e6b-91d2c3a4f506"
BINNED_VALUE = "FC2OWzl8Ck+Oa5HSw6T1Bg=="
AD = "hybrid.identity.ad_user_guid"
ENTRA = "hybrid.identity.entra_immutable_id"
SUFFIX = "hybrid.identity.ad_upn_suffix"
PLAN = "hybrid.identity.match_plan"
APPLY = "hybrid.identity.match_apply"
ANNA = {"user": "anna.berg@contoso.com", "object_guid": FREE_GUID}
ONE = {"identities": ["anna.berg@contoso.com"]}
TWICE = {"identities": ["anna.berg@contoso.com", "ANNA.BERG@contoso.com"]}
SYSTEM_CAS = "/etc/ssl/certs/ca-certificates.crt"
STRANGER = "99999999-9999-4999-8999-999999999999"


def application(name: str) -> dict[str, str]:
    return {"client_id": f"{{{{ apps.{name}.client_id }}}}", "secret": f"{{{{ apps.{name}.secret }}}}"}


# What is given, and what the one sentence must name.
ROLES = ["role_assignments", "role_eligibility", "role_assignable_groups"]
BAD: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "wrong password": (AD, {**ONE, "password": "wrong"}, ["password"]),
    "unknown account": (AD, {**ONE, "username": "nobody@ad.contoso.com"}, ["username"]),
    "nothing listens": (AD, {**ONE, "server": ["127.0.0.1"], "port": 1}, ["127.0.0.1", "1"]),
    "no such host": (AD, {**ONE, "server": ["dc9.ad.contoso.invalid"]}, ["dc9.ad.contoso.invalid"]),
    "AD: unknown CA": (AD, {**ONE, "ca_cert": SYSTEM_CAS}, ["ca_cert"]),
    "AD: no CA file": (AD, {**ONE, "ca_cert": "/nonexistent.pem"}, ["/nonexistent.pem"]),
    "identity twice": (AD, TWICE, ["anna.berg@contoso.com"]),
    "a star": (AD, {"identities": ["*"]}, ["*"]),
    "LDAP injection": (AD, {"identities": ["*)(objectClass=*"]}, ["*)(objectClass=*"]),
    "nearly a GUID": (AD, {"identities": ["{876031de-bfb1-4f8b-9cb0-1c67a6094d3}"]}, ["GUID"]),
    "bad filter": (AD, {"search_filter": "(cn=*"}, ["search_filter"]),
    "no such base": (AD, {"search_base": "OU=Nowhere,DC=ad,DC=contoso,DC=com"}, ["OU=Nowhere"]),
    "suffix with spaces": (SUFFIX, {"suffixes": ["not a domain"]}, ["not a domain"]),
    "suffix of one label": (SUFFIX, {"suffixes": ["contoso"]}, ["contoso"]),
    "suffix with an @": (SUFFIX, {"suffixes": ["@contoso.com"]}, ["without the @"]),
    "suffix injection": (SUFFIX, {"suffixes": ["*)(cn=*"]}, ["*)(cn=*"]),
    "wrong secret": (ENTRA, {**ANNA, "secret": "wrong"}, ["secret"]),
    "unknown tenant": (ENTRA, {**ANNA, "tenant": STRANGER}, ["tenant", STRANGER]),
    "unknown app": (ENTRA, {**ANNA, "client_id": STRANGER}, ["client_id"]),
    "Entra: unknown CA": (ENTRA, {**ANNA, "graph_ca_cert": SYSTEM_CAS}, ["graph_ca_cert"]),
    "Entra: nothing listens": (ENTRA, {**ANNA, "authority": "https://localhost:1"}, ["localhost:1"]),
    "Entra: clear text": (ENTRA, {**ANNA, "graph_url": "http://localhost:1"}, ["https"]),
    "another Graph": (ENTRA, {**ANNA, "graph_url": "https://localhost:1"}, ["graph_url"]),
    "no GUID": (ENTRA, {**ANNA, "object_guid": "not-a-guid"}, ["not-a-guid", "GUID"]),
    "GUID for ImmutableId": (ENTRA, {"user": ANNA["user"], "immutable_id": GUID}, ["object_guid"]),
    "half an ImmutableId": (ENTRA, {"user": ANNA["user"], "immutable_id": "h2Ax3r+xT4ucsBxnpglNP"}, ["base64"]),
    "OData injection": (ENTRA, {"user": "' or true eq true or id eq '", "object_guid": GUID}, ["' or true eq true"]),
    "no such user": (ENTRA, {"user": "nobody@contoso.com", "object_guid": GUID}, ["nobody@contoso.com"]),
    "held by another": (ENTRA, {**ANNA, "object_guid": GUID}, ["jonas.weber@contoso.com"]),
    "two records": (
        ENTRA,
        {"users": [{"user_principal_name": name, "object_guid": GUID} for name in ("a@contoso.com", "A@Contoso.com")]},
        ["2 times"],
    ),
    "a record of nobody": (ENTRA, {"users": [{"object_guid": GUID}]}, ["user_principal_name"]),
    "held in the bin": (ENTRA, {**ANNA, "object_guid": BINNED}, ["old.anna@contoso.com", "deleted_holders"]),
    "both ways out": (ENTRA, {**ANNA, "deleted_holders": {"restore": [GUID], "purge": [GUID]}}, [GUID]),
    "all without a limit": (ENTRA, {"all_users": True, "state": "absent"}, ["max_changes"]),
    "all to be set": (ENTRA, {"all_users": True, "max_changes": "5%"}, ["state", "absent"]),
    "no such limit": (ENTRA, {**ANNA, "max_changes": "five"}, ["'five'", "5%"]),
    "over the limit": (ENTRA, {**ANNA, "max_changes": "0"}, ["would change 1 user", "allows 0"]),
    "federated": (ENTRA, {"user": "frank.feder@federated.contoso.com", "state": "absent"}, ["managed domain"]),
    "an administrator": (
        ENTRA,
        {"user": "carla.admin@contoso.com", "object_guid": FREE_GUID, **application("careful")},
        ["Global Administrator", "by hand"],
    ),
    "may not read roles": (ENTRA, {**ANNA, **application("reader")}, ["RoleManagement.Read.Directory", "skip_checks"]),
    "may only read": (ENTRA, {**ANNA, **application("reader"), "skip_checks": ROLES}, ["User.ReadWrite.All"]),
    "nobody in scope": (PLAN, {"scope": {}}, ["scope", "users", "all", "upn_suffixes", "search_base"]),
    "no value of a scope": (PLAN, {"scope": {"users": None}}, ["scope has no value", "users"]),
    "an empty list": (PLAN, {"scope": {"users": []}}, ["scope.users"]),
    "an empty list of suffixes": (PLAN, {"scope": {"upn_suffixes": []}}, ["scope.upn_suffixes"]),
    "an empty base": (PLAN, {"scope": {"search_base": ""}}, ["scope.search_base"]),
    "two scopes": (PLAN, {"scope": {"all": True, "upn_suffixes": ["contoso.com"]}}, ["mutually exclusive"]),
    "a filter without a base": (PLAN, {"scope": {"all": True, "search_filter": "(cn=*)"}}, ["search_base"]),
    "no such limit of a plan": (PLAN, {"scope": {"all": True}, "max_refused": "five"}, ["max_refused", "'five'", "5%"]),
    "no UPN": (PLAN, {"scope": {"all": True}, "replace": [GUID]}, [GUID, "UPN"]),
    "an effect of everybody": (PLAN, {"scope": {"all": True}, "accepted_effects": {"foreign_anchor": "all"}}, ["list"]),
    "no folder": (
        PLAN,
        {"scope": {"all": True}, "plan_file": "/nonexistent/run/plan"},
        ["/nonexistent", "Create it first"],
    ),
    "no plan": (APPLY, {"plan_file": "/nonexistent/plan", "plan_sha256": "0"}, ["plan_file", "/nonexistent/plan"]),
    "may do nothing": (ENTRA, {**ANNA, **application("nobody")}, ["User.Read"]),
}


@pytest.fixture(scope="module")
def answers(
    state: Path,
    lab: dict[str, Any],
    control: Control,
    without_connect: Path,
    resident_python: ResidentPython,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Run, list[str]]:
    """All of it in one play, each task's failure ignored; and the two directories before and after."""
    control("POST", "reset")
    gone = {"userPrincipalName": "old.anna@contoso.com", "deletedDateTime": "2026-11-10T09:30:00Z"}
    control("POST", "users", [{**gone, "onPremisesImmutableId": BINNED_VALUE}])
    folder = tmp_path_factory.mktemp("bad-input")
    ansible = Ansible(without_connect, folder, interpreter=resident_python.interpreter)
    before = dump(state)
    tasks = [
        {"name": name, module: arguments, "register": f"result_{number}", "ignore_errors": True}
        for number, (name, (module, arguments, _words)) in enumerate(BAD.items())
    ]
    defaults = dict.fromkeys((AD, SUFFIX), "{{ hybrid_identity_ad }}") | {ENTRA: "{{ hybrid_identity_entra }}"}
    defaults |= dict.fromkeys((PLAN, APPLY), "{{ hybrid_identity_ad | combine(hybrid_identity_entra) }}")
    run = ansible.tasks(tasks, "--diff", variables={"apps": lab["apps"]}, module_defaults=defaults)
    return run, [before, dump(state)]


@pytest.mark.parametrize("name", BAD)
def test_one_clear_sentence(answers: tuple[Run, list[str]], name: str) -> None:
    result = answers[0].results[f"result_{list(BAD).index(name)}"]
    assert result["failed"], result
    message = result["msg"]
    assert "\n" not in message
    assert "Traceback" not in message
    for word in BAD[name][2]:
        assert word in message


def test_nothing_was_written(answers: tuple[Run, list[str]]) -> None:
    run, (before, after) = answers
    assert run.code == 0, run.failure
    assert before == after
