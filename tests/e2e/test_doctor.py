# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fourteen broken estates, one thing wrong in each: the doctor names exactly that."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from accounts import unit
from delegation import Accounts, checks
from outside import Control, Directory, graph_options, run
from scheduler import Server

from playbooks import Ansible

PLAYBOOK = "hybrid.identity.doctor"
UNIT = "Doctor"
USER_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2"
CLOSED_PORT = 1
EMERGENCY = [f"emergency{number}@contoso.onmicrosoft.com" for number in (1, 2)]
FULL, NO_ANCHOR, NO_CREATE = "doctor-full", "doctor-no-anchor", "doctor-no-create"


@pytest.fixture(scope="module")
def path(directory: Directory) -> Iterator[str]:
    """An organizational unit with two users."""
    with unit(directory, UNIT) as name:
        for number in (1, 2):
            ldif = (
                f"dn: CN=Patient {number},{name}\nobjectClass: user\nsAMAccountName: patient{number}\n"
                f"userPrincipalName: patient{number}@contoso.com\nuserAccountControl: 546\n"
            )
            directory._run("ldapadd", stdin=ldif)
        yield name


@pytest.fixture(scope="module")
def accounts(directory: Directory, path: str) -> Iterator[Accounts]:
    """Three accounts: one with all rights that a run needs, and two that lack one of them."""
    found = Accounts(directory)
    partitions = f"CN=Partitions,CN=Configuration,{directory.base}"
    before = found.descriptor(partitions)
    anchor, suffixes = found.schema_guid("mS-DS-ConsistencyGuid"), found.schema_guid("uPNSuffixes")
    try:
        for name in (FULL, NO_ANCHOR, NO_CREATE):
            sid = found.add(name)
            found.delegate(partitions, f"(OA;;WP;{suffixes};;{sid})")
            # All attributes, and for one account not that one.
            found.delegate(path, f"(OA;CIIO;WP;;{USER_CLASS};{sid})")
            if name == NO_ANCHOR:
                found.delegate(path, f"(OD;CIIO;WP;{anchor};{USER_CLASS};{sid})")
            if name != NO_CREATE:
                found.delegate(path, f"(OA;CI;CC;{USER_CLASS};;{sid})")
        yield found
    finally:
        found.put_back(partitions, before)
        found.remove()


@pytest.fixture
def variables(fresh: None, control: Control, lab: dict[str, Any], accounts: Accounts, path: str) -> dict[str, Any]:
    """The variables of a run that lacks nothing."""
    control(
        "POST", "users", [{"userPrincipalName": upn, "lab": {"roles": ["Global Administrator"]}} for upn in EMERGENCY]
    )
    return {
        "hybrid_identity_stages": ["upn_suffixes", "accounts", "hard_match", "sync"],
        "hybrid_identity_ad": accounts.connection(FULL),
        "hybrid_identity_entra": graph_options(lab),
        "hybrid_identity_domains": ["contoso.com", "fabrikam.com"],
        "hybrid_identity_scope": {"search_base": path},
        "accounts_path": path,
        "hard_match_write_consistency_guid": "from_guid",
    }


def only_wrong(ansible: Ansible, variables: dict[str, Any], *arguments: str, **changes: Any) -> str:
    done = ansible.playbook(PLAYBOOK, *arguments, variables={**variables, **changes})
    assert done.code == 2, done.failure
    (name,) = checks(done, "wrong")
    assert name in done.output.rpartition("Do what the table says about ")[2].partition(",")[0], done.output
    return name


@pytest.mark.usefixtures("connect")
def test_a_fine_estate_is_fine(
    ansible: Ansible, variables: dict[str, Any], directory: Directory, secrets: list[str]
) -> None:
    # The domain controller itself notes the sign-in.
    others = f"(!(sAMAccountName={FULL}))"
    before = directory.search(others, "uSNChanged")
    done = ansible.playbook(PLAYBOOK, "-vvv", variables=variables)
    assert done.code == 0, done.failure
    assert checks(done, "wrong") == checks(done, "unknown") == set(), done.output
    assert {"ad_write_consistency_guid", "ad_create_users", "connect_export", "disk_space"} <= checks(done, "fine")
    assert directory.search(others, "uSNChanged") == before
    assert list(ansible.runs.iterdir()) == []
    assert not [secret for secret in secrets if secret in done.output]


def test_wrong_dns_name(ansible: Ansible, variables: dict[str, Any], accounts: Accounts) -> None:
    wrong = accounts.connection(FULL, server="dc9.ad.contoso.invalid")
    assert only_wrong(ansible, variables, hybrid_identity_ad=wrong) == "ad_name"


def test_port_closed(ansible: Ansible, variables: dict[str, Any], accounts: Accounts) -> None:
    wrong = accounts.connection(FULL, port=CLOSED_PORT)
    assert only_wrong(ansible, variables, hybrid_identity_ad=wrong) == "ad_port"


def test_untrusted_certificate(ansible: Ansible, variables: dict[str, Any], accounts: Accounts, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Another CA", "-days", "2"]
    subprocess.run([*command, "-keyout", str(tmp_path / "key"), "-out", str(other)], check=True, capture_output=True)
    wrong = accounts.connection(FULL, ca_cert=str(other))
    assert only_wrong(ansible, variables, hybrid_identity_ad=wrong) == "ad_tls"


def test_wrong_password(ansible: Ansible, variables: dict[str, Any], accounts: Accounts) -> None:
    wrong = accounts.connection(FULL, password="not-the-password-1")
    assert only_wrong(ansible, variables, hybrid_identity_ad=wrong) == "ad_sign_in"


def test_no_right_to_write_consistency_guid(ansible: Ansible, variables: dict[str, Any], accounts: Accounts) -> None:
    wrong = accounts.connection(NO_ANCHOR)
    assert only_wrong(ansible, variables, hybrid_identity_ad=wrong) == "ad_write_consistency_guid"


def test_no_right_to_create_users(ansible: Ansible, variables: dict[str, Any], accounts: Accounts) -> None:
    wrong = accounts.connection(NO_CREATE)
    assert only_wrong(ansible, variables, hybrid_identity_ad=wrong) == "ad_create_users"


def test_clock_off(ansible: Ansible, variables: dict[str, Any], control: Control) -> None:
    # The emulator's clock: seen from there, that of this machine is behind.
    control("PUT", "clock", {"advance": 600})
    assert only_wrong(ansible, variables) == "entra_clock"


def test_wrong_secret(ansible: Ansible, variables: dict[str, Any], lab: dict[str, Any]) -> None:
    wrong = {**graph_options(lab), "secret": "not~the~secret"}
    assert only_wrong(ansible, variables, hybrid_identity_entra=wrong) == "entra_sign_in"


def test_missing_graph_permission(ansible: Ansible, variables: dict[str, Any], lab: dict[str, Any]) -> None:
    # It lacks OrgContact.Read.All.
    wrong = {**graph_options(lab), **lab["apps"]["hard-matcher"]}
    assert only_wrong(ansible, variables, hybrid_identity_entra=wrong) == "entra_permissions_hard_match"


@pytest.mark.parametrize("way", ["refused", "empty"])
def test_no_consent(
    ansible: Ansible, variables: dict[str, Any], lab: dict[str, Any], control: Control, way: str
) -> None:
    app = {}
    if way == "refused":
        control("PUT", "settings", {"faults": [{"aadsts": 65001, "count": 10}]})
    else:
        app = lab["apps"]["nobody"]
    assert only_wrong(ansible, variables, hybrid_identity_entra={**graph_options(lab), **app}) == "entra_consent"


def test_domain_not_verified(ansible: Ansible, variables: dict[str, Any]) -> None:
    domains = [*variables["hybrid_identity_domains"], "pending.contoso.com"]
    assert only_wrong(ansible, variables, hybrid_identity_domains=domains) == "entra_domains"


@pytest.mark.usefixtures("connect")
def test_connect_server_unreachable(ansible: Ansible, variables: dict[str, Any], tmp_path: Path) -> None:
    nowhere = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": CLOSED_PORT}
    inventory = {"all": {"children": {"entra_connect": {"hosts": {"nowhere": nowhere}}}}}
    (tmp_path / "more.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    arguments = ("--inventory", str(tmp_path / "more.yml"))
    assert only_wrong(ansible, variables, *arguments) == "connect_server"


@pytest.fixture
def staging(connect: Path, tmp_path: Path) -> Iterator[None]:
    shutil.copy(connect / "scheduler.json", tmp_path / "scheduler.json")
    Server(connect).change("scheduler.json", StagingModeEnabled=True)
    yield
    shutil.copy(tmp_path / "scheduler.json", connect / "scheduler.json")


@pytest.mark.usefixtures("connect", "staging")
def test_connect_in_staging(ansible: Ansible, variables: dict[str, Any]) -> None:
    assert only_wrong(ansible, variables) == "connect_export"


@contextmanager
def read_only(folder: Path) -> Iterator[str]:
    """A folder that not even root may write to: on a file system that is mounted for reading."""
    folder.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "ro,mode=0700", "doctor", str(folder)])
    try:
        yield str(folder)
    finally:
        run(["umount", str(folder)])


def test_run_folder_not_writable(ansible: Ansible, variables: dict[str, Any], tmp_path: Path) -> None:
    with read_only(tmp_path / "ro") as folder:
        assert only_wrong(ansible, variables, hybrid_identity_run_folder=folder) == "run_folder"
