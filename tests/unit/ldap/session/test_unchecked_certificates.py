# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``cert_validation: ignore``: who writes or plans a write refuses it, who only reads warns each time."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from conftest import Certificates, Options, RunModule
from forest_script import BIND, ROOT, look_up, names, person
from ldap_wire import CLOSE, Bind, Turn, Wire

from ansible_collections.hybrid.identity.plugins.modules import ad_user_guid

MODULES = "ansible_collections.hybrid.identity.plugins.modules"
SOURCES = Path(__file__).resolve().parents[4] / "plugins" / "modules"
GUID = "876031de-bfb1-4f8b-9cb0-1c67a6094d01"
USER = {"user_principal_name": "anna@contoso.com", "immutable_id": "3jFgh7G/i0+csBxnpglNAQ=="}
WRITES: dict[str, list[dict[str, Any]]] = {
    "ad_upn_suffix": [{"suffixes": ["contoso.com"], "state": state} for state in ("present", "absent", "exact")],
    "ad_user": [
        {"users": [{**USER, "display_name": "Anna"}], "path": "OU=Staff,DC=ad,DC=contoso,DC=com"},
    ],
    "ad_user_guid": [
        {"identities": ["anna@contoso.com"], "stamp": True},
        {"users": [USER], "stamp": True},
    ],
}
READS = {"ad_user_guid"}
IN_WORKFLOW = {"match_plan", "match_apply", "preconditions_info", "rollback"}
"""They need both directories: tests/unit/workflow."""


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the module warns of. Ansible keeps the warnings of all modules that run in a process."""
    told: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: told.append(text))
    return told


def test_each_module_that_signs_in_to_a_domain_controller_is_here() -> None:
    found = {path.stem for path in SOURCES.glob("*.py") if "ldap_options()" in path.read_text("utf-8")}
    assert found == WRITES.keys() | READS | IN_WORKFLOW


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("name", "task"), [(name, task) for name, tasks in WRITES.items() for task in tasks])
def test_who_writes_refuses_it(
    run_module: RunModule, options: Options, name: str, task: dict[str, Any], check: bool
) -> None:
    module = importlib.import_module(f"{MODULES}.{name}")
    result, _shown = run_module(module, {**options(cert_validation="ignore"), **task}, check)
    assert result["failed"]
    assert result["msg"] == (
        "cert_validation is ignore, so an attacker on the network can change what this task reads and writes. Set "
        "ca_cert to the certificate of the CA. Only tasks that read can ignore the certificate."
    )


@pytest.mark.parametrize("check", [False, True])
def test_who_reads_warns(
    certificates: Certificates, options: Options, run_module: RunModule, warnings: list[str], check: bool
) -> None:
    script = [BIND, ROOT, look_up(names(b"anna@contoso.com"), person(1, "anna"))]
    with Wire(script, certificates.good) as wire:
        given = {**options(wire, cert_validation="ignore", ca_cert=None), "identities": ["anna@contoso.com"]}
        result, _shown = run_module(ad_user_guid, given, check)
    wire.verify()
    assert result["users"][0]["status"] == "found"
    (warning,) = warnings
    assert warning.startswith("cert_validation is ignore, so an attacker on the network can")


def test_who_fails_to_read_warns_too(
    certificates: Certificates, options: Options, run_module: RunModule, warnings: list[str]
) -> None:
    with Wire([Turn(Bind, (CLOSE,))], certificates.good) as wire:
        given = {**options(wire, cert_validation="ignore", ca_cert=None), "identities": ["anna@contoso.com"]}
        result, _shown = run_module(ad_user_guid, given)
    assert result["failed"]
    (warning,) = warnings
    assert warning.startswith("cert_validation is ignore, so an attacker on the network can")


@pytest.mark.parametrize("validation", ["always", "ignore_hostname"])
def test_who_checks_the_certificate_says_nothing(
    certificates: Certificates, options: Options, run_module: RunModule, warnings: list[str], validation: str
) -> None:
    script = [BIND, ROOT, look_up(names(b"anna@contoso.com"), person(1, "anna"))]
    with Wire(script, certificates.good) as wire:
        given = {**options(wire, cert_validation=validation), "identities": ["anna@contoso.com"]}
        result, _shown = run_module(ad_user_guid, given)
    wire.verify()
    assert result["users"][0]["status"] == "found"
    assert warnings == []
