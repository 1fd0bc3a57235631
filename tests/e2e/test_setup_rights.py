# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of docs/setup.md for Samba: each block gives the right that it names, and no other."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from delegation import checks
from outside import Control, Directory, Entry, Graph, expected_immutable_id
from setup_page import (
    CREATE,
    PAGE,
    PEOPLE,
    PLANNER,
    READ,
    ROLL_BACK,
    STAMP,
    SUFFIXES,
    WRITER,
    DomainController,
    accounts_made,
    people,
)
from support.code_blocks import SHELL

from playbooks import Ansible, Run

STAMP_CHECK, SUFFIX_CHECK = "ad_write_consistency_guid", "ad_write_upn_suffixes"
CREATE_CHECKS = {"ad_create_users", "ad_write_accounts"}
RIGHTS = {STAMP_CHECK, *CREATE_CHECKS, SUFFIX_CHECK}
EFFECTIVE = ("allowedAttributesEffective", "allowedChildClassesEffective")
NEW = "setup.new@contoso.com"
PRE_WINDOWS_2000 = "CN=Pre-Windows 2000 Compatible Access,CN=Builtin"
pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def path(directory: Directory) -> Iterator[str]:
    with people(directory) as found:
        yield found


@pytest.fixture(scope="module")
def controller(directory: Directory, path: str) -> Iterator[DomainController]:
    """The tests give the rights one after another, in their order in this file."""
    with accounts_made(directory) as found:
        yield found


def look(directory: Directory, controller: DomainController, name: str, object_name: str, *attributes: str) -> Entry:
    """What one of the accounts sees of an object."""
    mine = Directory({"ldap": {**directory.ldap, **controller.accounts.connection(name)}, "domain": "ad.contoso.com"})
    (entry,) = mine.search("(objectClass=*)", *attributes, base=object_name, scope="base")
    return entry


def values(entry: Entry, attribute: str) -> set[str]:
    return {value.decode() for value in entry.get(attribute.lower(), [])}


@pytest.fixture
def nobody_reads(directory: Directory) -> Iterator[None]:
    """A domain in which memberships are not everybody's to read."""
    name = f"{PRE_WINDOWS_2000},{directory.base}"
    (group,) = directory.search("(objectClass=*)", "member", base=name, scope="base")
    members = "".join(f"member: {member.decode()}\n" for member in group["member"])
    directory.modify(f"dn: {name}\nchangetype: modify\ndelete: member\n{members}")
    yield
    directory.modify(f"dn: {name}\nchangetype: modify\nadd: member\n{members}")


@pytest.mark.usefixtures("nobody_reads")
def test_the_right_to_read(directory: Directory, controller: DomainController, path: str) -> None:
    person = f"CN={PEOPLE[0].partition('@')[0]},{path}"
    hidden = ("userAccountControl", "mS-DS-ConsistencyGuid", "userPrincipalName")
    assert "useraccountcontrol" not in look(directory, controller, PLANNER, person, *hidden)
    controller.give(READ)
    for name in (PLANNER, WRITER):
        assert values(look(directory, controller, name, person, *hidden), "userAccountControl") == {"544"}
        allowed = look(directory, controller, name, person, "allowedAttributesEffective")
        assert values(allowed, "allowedAttributesEffective") == set()


@pytest.fixture
def variables(
    lab: dict[str, Any], fresh: None, control: Control, controller: DomainController, path: str
) -> dict[str, Any]:
    """The variables of a run by the account that writes. Of three people, one has no account in AD."""
    control(
        "POST",
        "users",
        [{"userPrincipalName": upn, "displayName": upn, "country": "Germany"} for upn in (*PEOPLE, NEW)],
    )
    return {
        "hybrid_identity_stages": ["upn_suffixes", "accounts", "hard_match"],
        "hybrid_identity_ad": controller.accounts.connection(WRITER),
        "hybrid_identity_domains": ["contoso.com"],
        "hybrid_identity_scope": {"search_base": path},
        "accounts_scope": {"users": [NEW]},
        "accounts_path": path,
        "hard_match_write_consistency_guid": "from_guid",
    }


def wrong(done: Run) -> set[str]:
    """Which of the rights the doctor finds missing; the others are fine."""
    found = checks(done, "wrong") & RIGHTS
    assert checks(done, "fine") & RIGHTS == RIGHTS - found, done.output
    return found


def test_the_rights_of_each_stage(
    ansible: Ansible, directory: Directory, controller: DomainController, variables: dict[str, Any], path: str
) -> None:
    missing = set(RIGHTS)
    for right, gives in ((None, set()), (STAMP, {STAMP_CHECK}), (CREATE, CREATE_CHECKS), (SUFFIXES, {SUFFIX_CHECK})):
        if right:
            controller.give(right)
        missing -= gives
        assert wrong(ansible.playbook("hybrid.identity.doctor", variables=variables)) == missing

    person = look(directory, controller, WRITER, f"CN={PEOPLE[0].partition('@')[0]},{path}", *EFFECTIVE)
    writable = values(person, EFFECTIVE[0])
    assert {"mS-DS-ConsistencyGuid", "c", "manager", "proxyAddresses"} <= writable
    assert not writable & {"userAccountControl", "userPrincipalName", "servicePrincipalName", "memberOf", "pwdLastSet"}
    assert values(look(directory, controller, WRITER, path, *EFFECTIVE), EFFECTIVE[0]) == set()
    assert values(look(directory, controller, WRITER, path, *EFFECTIVE), EFFECTIVE[1]) == {"user"}
    partitions = f"CN=Partitions,CN=Configuration,{directory.base}"
    assert values(look(directory, controller, WRITER, partitions, *EFFECTIVE), EFFECTIVE[0]) == {"uPNSuffixes"}


def test_a_run_needs_no_other_rights(
    ansible: Ansible,
    directory: Directory,
    graph: Graph,
    controller: DomainController,
    variables: dict[str, Any],
    path: str,
) -> None:
    """It adds a suffix, makes an account, stamps and matches; and all of that but the suffix is taken back."""
    for each in (READ, STAMP, CREATE, ROLL_BACK, SUFFIXES):
        controller.give(each)
    done = ansible.playbook("hybrid.identity.site", variables=variables)
    assert done.code == 0, done.failure
    assert directory.suffixes() == ["contoso.com"]
    wanted = ("userPrincipalName", "objectGUID", "mS-DS-ConsistencyGuid", "c", "countryCode")
    ad = {
        entry["userprincipalname"][0].decode(): entry
        for entry in directory.search("(objectClass=user)", *wanted, base=path)
    }
    assert set(ad) == {*PEOPLE, NEW}
    assert values(ad[NEW], "c") == {"DE"}
    for upn, entry in ad.items():
        assert entry["ms-ds-consistencyguid"] == entry["objectguid"]
        assert graph.users()[upn]["onPremisesImmutableId"] == expected_immutable_id(entry)

    back = ansible.playbook("hybrid.identity.rollback", variables={**variables, "hybrid_identity_rollback": "last"})
    assert back.code == 0, back.failure
    left = directory.search("(objectClass=user)", *wanted, base=path)
    assert {entry["userprincipalname"][0].decode() for entry in left} == set(PEOPLE)
    assert not [entry for entry in left if "ms-ds-consistencyguid" in entry]
    assert not [upn for upn in (*PEOPLE, NEW) if graph.users()[upn]["onPremisesImmutableId"]]


def test_the_ca_certificate(lab: dict[str, Any], tmp_path: Path) -> None:
    """The check of the page takes the lab's certificate, and no other one."""
    (tmp_path / "ad-ca.pem").write_bytes(Path(lab["ca_cert"]).read_bytes())

    def type_there(block: str) -> subprocess.CompletedProcess[str]:
        # The name of the lab's domain controller.
        command = ["bash", "-c", block.replace("dc1.ad.contoso.com", lab["ldap"]["server"])]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    shown = type_there(PAGE.block("openssl x509 -in ad-ca.pem -noout -subject -enddate -fingerprint", *SHELL))
    assert re.search(r"(?i)^sha256 fingerprint=([0-9A-F]{2}:){31}[0-9A-F]{2}$", shown.stdout, re.MULTILINE)
    check = PAGE.block("-verify_hostname", *SHELL)
    found = type_there(check)
    assert found.returncode == 0, found.stderr
    assert "Verification: OK" in found.stdout + found.stderr

    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Another CA", "-days", "2"]
    subprocess.run([*command, "-keyout", "key", "-out", "ad-ca.pem"], cwd=tmp_path, check=True, capture_output=True)
    assert type_there(check).returncode != 0

    from_server = type_there(PAGE.block("-showcerts", *SHELL))
    assert from_server.returncode == 0, from_server.stderr
    assert (tmp_path / "ad-ca.pem").read_text("ascii").count("BEGIN CERTIFICATE") == 1
    assert "issuer" in from_server.stdout
