# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ad_domain makes of a host: the new domain's place, the domain itself, or a host that is something else."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[3] / "roles" / "ad_domain" / "files" / "samba_inspect.py"
STOCK = """[global]
  workgroup = WORKGROUP
  server role = standalone server
[homes]
  browseable = no
[print$]
  path = /p
"""
DC = """[global]
\tnetbios name = DC1
\trealm = {realm}
\tserver role = active directory domain controller
\tworkgroup = {name}
"""
WANTED = {"dns_name": "ad.contoso.com", "netbios_name": "CONTOSO", "host_name": "dc1", "state_dir": ""}


@pytest.fixture
def inspect() -> ModuleType:
    spec = importlib.util.spec_from_file_location("samba_inspect", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Host:
    """A host whose files are in a folder of the test: `/etc/x` is there as `<folder>/etc/x`."""

    def __init__(self, program: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.program, self.folder = program, folder
        read = program.read_conf
        monkeypatch.setattr(
            program, "read_conf", lambda path: read(path if path.startswith(str(folder)) else f"{folder}{path}")
        )
        self.paths = {key: f"{folder}{path}" for key, path in program.layout("").items()}
        self.write("/usr/share/samba/smb.conf", STOCK)

    def write(self, path: str, text: str) -> None:
        target = Path(f"{self.folder}{path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def judge(self, **wanted: str) -> tuple[str, str]:
        state, reason = self.program.judge({**WANTED, **wanted}, self.paths)
        return str(state), str(reason)


@pytest.fixture
def host(inspect: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(inspect, tmp_path, monkeypatch)


def test_bare_host_is_free(host: Host) -> None:
    assert host.judge() == ("none", "")


def test_stock_configuration_is_free_also_with_debconf_s_changes(host: Host) -> None:
    host.write("/etc/samba/smb.conf", STOCK.replace("WORKGROUP", "OFFICE").replace("server role", "Server  Role"))
    assert host.judge() == ("none", "")


def test_the_wanted_domain_is_found(host: Host) -> None:
    host.write("/etc/samba/smb.conf", DC.format(realm="AD.CONTOSO.COM", name="CONTOSO"))
    host.write("/var/lib/samba/private/sam.ldb", "")
    assert host.judge() == ("domain", "")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"/etc/samba/smb.conf": DC.format(realm="OTHER.EXAMPLE", name="OTHER")},
            "domain controller of other.example, not",
        ),
        (
            {"/etc/samba/smb.conf": DC.format(realm="AD.CONTOSO.COM", name="OTHER")},
            "has the NetBIOS name OTHER, not CONTOSO",
        ),
        ({"/etc/samba/smb.conf": DC.format(realm="AD.CONTOSO.COM", name="CONTOSO")}, "directory database is missing"),
        (
            {"/etc/samba/smb.conf": "[global]\nsecurity = ADS\nrealm = OTHER.EXAMPLE\n"},
            "member of the domain other.example",
        ),
        (
            {"/etc/samba/smb.conf": "[global]\nserver role = member server\nworkgroup = OLD\n"},
            "member of the domain OLD",
        ),
        (
            {"/etc/samba/smb.conf": "[global]\ndomain logons = yes\nworkgroup = NT\n"},
            "NT4-style domain controller of NT",
        ),
        ({"/etc/samba/smb.conf": STOCK + "[projects]\npath = /srv\n"}, "shares homes, print$, projects"),
        ({"/etc/samba/smb.conf": STOCK.replace("browseable = no", "read only = no")}, "is a file server"),
        (
            {"/etc/sssd/sssd.conf": "[sssd]\n[domain/other.example]\nid_provider = ad\n"},
            "member of the domain other.example (sssd)",
        ),
        ({"/var/lib/samba/private/sam.ldb": ""}, "contains a directory database, but there is no smb.conf"),
        (
            {"/var/lib/samba/.ad_domain_provisioning": "other.example\n"},
            "provisioning of the domain other.example was interrupted",
        ),
    ],
)
def test_a_host_that_is_something_else_is_refused(host: Host, files: dict[str, str], said: str) -> None:
    for path, text in files.items():
        host.write(path, text)
    state, reason = host.judge()
    assert state == "refused"
    assert said in reason


def test_an_interrupted_run_for_the_same_domain_is_half_made(host: Host) -> None:
    host.write("/var/lib/samba/.ad_domain_provisioning", "ad.contoso.com\n")
    host.write("/etc/samba/smb.conf", DC.format(realm="AD.CONTOSO.COM", name="CONTOSO"))
    assert host.judge() == ("half_made", "")


def test_host_and_domain_of_one_name_are_refused(host: Host) -> None:
    state, reason = host.judge(host_name="contoso")
    assert (state, "equals the host's name" in reason) == ("refused", True)
