# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""entra_connect_info: what decides between ok, not_ok and unknown on its own, a few findings a server."""

from __future__ import annotations

from cases import Cases
from connect_estate import FORESTS, THRESHOLD, Estate, Expected, check
from lab.sync import windows
from pwsh_server import Server

CASES = Cases()
Ran = dict[str, Server]
EXPECTED: dict[str, Expected] = {}


@CASES
def s1(server: Server) -> None:
    estate = Estate(server)
    estate.system(Caption="Microsoft Windows 11 Pro", ProductType=1).key(windows.DOTNET, None).key(windows.SHELL, None)
    estate.key(windows.CURRENT, {"InstallationType": "Client"}).service(StartMode="Disabled")
    estate.scheduler(SchedulerSuspended=True).write(
        "settings.json", {"auto_upgrade": "Suspended", "identity_type": "Magic"}
    )
    estate.read()


EXPECTED["s1"] = {
    "operating_system": ("not_ok", "Microsoft Windows 11 Pro is not a server."),
    "desktop": ("not_ok", "installed as 'Client'"),
    "dotnet_framework": ("not_ok", "The server has no .NET Framework 4.5 or newer;"),
    "execution_policy": ("ok", "No execution policy is set"),
    "sync_service": ("not_ok", "The service ADSync is Running, Disabled."),
    "scheduler": ("not_ok", "The scheduler is suspended."),
    "auto_upgrade": ("not_ok", "Automatic upgrade is suspended"),
    "entra_sign_in": ("unknown", "Microsoft does not document the type 'Magic'."),
}


@CASES
def s2(server: Server) -> None:
    estate = Estate(server)
    estate.system(Caption="Server 2025", BuildNumber="26100").key(
        windows.CURRENT, {"UBR": 6900, "InstallationType": None}
    )
    estate.key(windows.POLICY, {"EnableScripts": 1, "ExecutionPolicy": "AllSigned"}).scheduler(MaintenanceEnabled=False)
    estate.write(
        "settings.json",
        {"global": {"Microsoft.Synchronize.ServerConfigurationVersion": "2.5.79.0"}, "auto_upgrade": "?"},
    )
    estate.read()


EXPECTED["s2"] = {
    "operating_system": ("not_ok", "build 26100.6900 has a known problem"),
    "desktop": ("unknown", "could not be read: the value does not exist."),
    "execution_policy": ("not_ok", "The execution policy AllSigned may stop"),
    "version": ("not_ok", "the configuration of the server is still that of 2.5.79.0: an upgrade is not complete."),
    "scheduler": ("not_ok", "Maintenance is disabled"),
    "auto_upgrade": ("unknown", "Microsoft does not document the state '?'"),
}


@CASES
def s3(server: Server) -> None:
    estate = Estate(server)
    estate.system(BuildNumber="26100").key(windows.CURRENT, {"UBR": 6901}).key(
        windows.SHELL, {"ExecutionPolicy": "Bypass"}
    )
    estate.key(f"SOFTWARE\\{windows.NET}", 5).scheduler(CustomizedSyncCycleInterval="7.00:00:01")
    estate.write("settings.json", {"password_hash_sync": dict.fromkeys(FORESTS, False)})
    estate.read()


EXPECTED["s3"] = {
    "operating_system": ("ok", "Windows Server 2025 (build 26100) is supported."),
    "execution_policy": ("ok", "Bypass lets scripts run"),
    "tls12": ("unknown", f"The registry key HKLM\\SOFTWARE\\{windows.NET} cannot be read (Windows error 5)."),
    "scheduler": ("not_ok", "A cycle every 7.00:00:01 is not often enough"),
    "password_hash_sync": ("ok", "so a match does not change the cloud passwords."),
}


@CASES
def s4(server: Server) -> None:
    estate = Estate(server)
    estate.system(BuildNumber="26100").key(windows.CURRENT, {"UBR": None}).key(windows.PROGRAM, {"DisplayVersion": "?"})
    estate.write("settings.json", {"global": {"Microsoft.SynchronizationOption.AnchorAttribute": None}})
    estate.write("faults.json", {"cmdlets": {"Get-ADSyncEntraConnectorCredential": "access_denied"}})
    estate.read()


EXPECTED["s4"] = {
    "operating_system": ("unknown", "the revision of the build could not be read"),
    "version": ("unknown", "The version could not be read"),
    "source_anchor": ("unknown", "the settings of the server do not contain it."),
    "entra_sign_in": ("unknown", "Access is denied."),
}


@CASES
def s5(server: Server) -> None:
    estate = Estate(server)
    estate.system(BuildNumber="27000").write("connectors.json", []).write(
        "estate.json", {"anchor_attribute": "objectguid"}
    )
    estate.read()


EXPECTED["s5"] = {
    "operating_system": ("unknown", "Build 27000"),
    "connectors": ("not_ok", "no connector to Active Directory or to Entra ID."),
    "source_anchor": ("ok", "The server makes ImmutableIds from objectguid."),
    "password_hash_sync": ("unknown", "there is no connector to Active Directory."),
}


@CASES
def s6(server: Server) -> None:
    estate = Estate(server)
    # The newer of two entries counts: an upgrade may leave the old one behind.
    estate.key(windows.UNINSTALL + "\\old", {"DisplayName": "Microsoft Azure AD Connect", "DisplayVersion": "2.10.1.0"})
    estate.key(
        windows.UNINSTALL + "\\older", {"DisplayName": "Microsoft Azure AD Connect", "DisplayVersion": "2.5.3.0"}
    )
    estate.computer(TotalPhysicalMemory=int(5.9 * windows.GB))
    estate.windows["classes"]["Win32_LogicalDisk"][0]["Size"] = 69 * windows.GB
    estate.write("settings.json", {"global": {"Microsoft.Synchronize.ServerConfigurationVersion": None}})
    estate.read()


EXPECTED["s6"] = {
    "version": ("ok", "Entra Connect 2.10.1.0 is not older than 2.5.79.0."),
    "memory": ("ok", "has 6 GB"),
    "disk": ("ok", "has 69 GB"),
}


def test_other_states(ran: Ran) -> None:
    assert set(EXPECTED) == set(ran)
    for name, items in EXPECTED.items():
        [result] = ran[name].results
        check(result, {**THRESHOLD, **items}, "ok")
    [three], [five] = ran["s3"].results, ran["s5"].results
    assert three["password_hash_sync"] is False
    assert three["server"]["tls12"] is None
    assert (five["connectors"], five["configured"]) == ([], False)
