# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""entra_connect_info: every finding in each of its states. A made-up server a state; one play reads them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connect_estate import CONNECT, FORESTS, SERVER, Estate, Expected, check

from lab.sync import windows
from lab.sync.state import State
from pwsh_server import ENTRA, MODULES, Server


def without_adsync(server: Server) -> None:
    """Let PowerShell find CIM, and no module ADSync."""
    folder = server.folder / "modules"
    folder.mkdir()
    (folder / "CimCmdlets").symlink_to(MODULES / "CimCmdlets")
    server.environment_changes["PSModulePath"] = str(folder)


THRESHOLD = {"deletion_threshold": ("unknown", "asks a person to sign in for it")}


def test_a_finished_server(connect_server: Server) -> None:
    result = connect_server.everywhere("entra_connect_info", {"good": Estate(connect_server, "good").ready()})["good"]
    check(result, THRESHOLD, "ok")
    assert (result["installed"], result["configured"]) == (True, True)
    assert (result["version"], result["configuration_version"]) == ("2.6.84.0", "2.6.84.0")
    assert (result["source_anchor"], result["staging_mode"]) == ("mS-DS-ConsistencyGuid", False)
    assert [(one["name"], one["kind"], one["forest"]) for one in result["connectors"]] == [
        (FORESTS[0], "ad", FORESTS[0]),
        (FORESTS[1], "ad", FORESTS[1]),
        (ENTRA, "entra", None),
    ]
    assert result["scheduler"]["sync_cycle_enabled"]
    assert (result["password_hash_sync"], result["auto_upgrade"]) == (True, "enabled")
    assert result["connector_identity_type"] == "Application"
    assert result["sync_service"] == {"state": "Running", "start_mode": "Auto", "account": "NT SERVICE\\ADSync"}
    tls = result["server"].pop("tls12")
    assert [one["value"] for one in tls] == [one["wanted"] for one in tls] == [1, 1, 1, 1, 1, 0, 1, 0]
    assert result["server"] == {
        "domain_joined": True,
        "domain": "ad.contoso.com",
        "operating_system": "Microsoft Windows Server 2022 Standard",
        "build": "20348.2849",
        "installation_type": "Server",
        "dotnet_release": 528449,
        "execution_policy": "RemoteSigned",
        "memory_gb": 16.0,
        "disk_gb": 126.0,
        "disk_free_gb": 80.0,
    }


def bad(server: Server) -> tuple[State, Expected]:
    estate = Estate(server, "bad", anchor_attribute="employeeID")
    estate.computer(PartOfDomain=False, Domain="WORKGROUP", TotalPhysicalMemory=4 * windows.GB)
    estate.system(Caption="Microsoft Windows Server 2012 R2 Standard", BuildNumber="9600")
    estate.windows["classes"]["Win32_LogicalDisk"][0]["Size"] = 60 * windows.GB
    estate.service(State="Stopped")
    estate.key(windows.CURRENT, {"InstallationType": "Server Core"})
    estate.key(windows.DOTNET, {"Release": 394802})
    estate.key(windows.POLICY, {"EnableScripts": 0})
    estate.key(f"{windows.TLS}\\Client", {"Enabled": 0, "DisabledByDefault": None})
    estate.key(windows.PROGRAM, {"DisplayVersion": "2.4.131.0"})
    estate.scheduler(StagingModeEnabled=True, SyncCycleEnabled=False)
    estate.write(
        "settings.json",
        {"password_hash_sync": {FORESTS[1]: False}, "auto_upgrade": "Disabled", "identity_type": "ServiceAccount"},
    )
    estate.write("connectors.json", [one for one in estate.state.read("connectors.json") if one["Type"] == "AD"])
    return estate.ready(), {
        "domain_joined": ("not_ok", "The server is in the workgroup WORKGROUP, in no domain."),
        "operating_system": ("not_ok", "(build 9600) is older than Windows Server 2016."),
        "desktop": ("not_ok", "this one was installed as 'Server Core'."),
        "dotnet_framework": (
            "not_ok",
            "too old (release 394802); Entra Connect 2.5.79.0 needs 4.7.2 (release 461808).",
        ),
        "execution_policy": ("not_ok", "The execution policy Restricted may stop the scripts"),
        "tls12": (
            "not_ok",
            f"HKLM\\{windows.TLS}\\Client Enabled is 0, not 1; "
            f"HKLM\\{windows.TLS}\\Client DisabledByDefault is not set, not 0.",
        ),
        "memory": ("not_ok", "The server has 4 GB of memory; Microsoft asks for 6 GB at the least."),
        "disk": ("not_ok", "The system drive has 60 GB; Microsoft asks for a disk of 70 GB at the least."),
        "installed": ("ok", "Entra Connect is installed."),
        "version": (
            "not_ok",
            "2.4.131.0 is older than 2.5.79.0, below which all synchronization stopped on 30 September",
        ),
        "sync_service": ("not_ok", "The service ADSync is Stopped, Auto."),
        "connectors": ("not_ok", "The server has no connector to Entra ID."),
        "source_anchor": ("not_ok", "The server makes ImmutableIds from employeeID, and this collection only from"),
        "staging_mode": ("not_ok", "The server is in staging mode"),
        "scheduler": ("not_ok", "The scheduler is disabled and runs no cycles"),
        "password_hash_sync": ("not_ok", f"from {FORESTS[0]}, not from {FORESTS[1]}."),
        "auto_upgrade": ("not_ok", "Automatic upgrade is disabled."),
        "entra_sign_in": ("not_ok", "signs in to Entra ID with an account and its password."),
        **THRESHOLD,
    }


def unreadable(server: Server) -> tuple[State, Expected]:
    estate = Estate(server, "unreadable")
    estate.windows["classes"] = dict.fromkeys(estate.windows["classes"], "Access denied.")
    estate.windows["registry"] = "The RPC server is unavailable."
    cmdlets = (
        "Get-ADSyncScheduler",
        "Get-ADSyncConnector",
        "Get-ADSyncGlobalSettings",
        "Get-ADSyncAutoUpgrade",
        "Get-ADSyncAADPasswordSyncConfiguration",
        "Get-ADSyncEntraConnectorCredential",
    )
    estate.write("faults.json", {"cmdlets": dict.fromkeys(cmdlets, "The service is stopped.")})
    denied = dict.fromkeys(("domain_joined", "operating_system", "memory", "disk", "sync_service"), "Access denied.")
    no_registry = dict.fromkeys(
        ("desktop", "dotnet_framework", "execution_policy", "tls12", "version"), "The RPC server"
    )
    stopped = dict.fromkeys(CONNECT[3:-1], "The service is stopped.")
    reasons = {**denied, **no_registry, **stopped}
    return estate.ready(), {
        **{name: ("unknown", f"could not be read: {reason}") for name, reason in reasons.items()},
        # The module ADSync was loaded, so Entra Connect is there.
        "installed": ("ok", "Entra Connect is installed."),
        **THRESHOLD,
    }


def test_what_is_wrong_and_what_cannot_be_read(connect_server: Server) -> None:
    states = {"bad": bad(connect_server), "unreadable": unreadable(connect_server)}
    results = connect_server.everywhere("entra_connect_info", {name: state for name, (state, _items) in states.items()})
    for name, (_state, expected) in states.items():
        assert set(expected) == {*SERVER, *CONNECT}
        check(results[name], expected)
    wrong, unknown = results["bad"], results["unreadable"]
    assert (wrong["configured"], wrong["staging_mode"], wrong["source_anchor"]) == (False, True, "employeeID")
    assert (wrong["password_hash_sync"], wrong["auto_upgrade"]) == (None, "disabled")
    assert (wrong["version"], wrong["connector_identity_type"]) == ("2.4.131.0", "ServiceAccount")
    assert set(unknown["server"].values()) == {None}
    for name in "version", "configured", "source_anchor", "staging_mode", "scheduler", "connectors", "sync_service":
        assert unknown[name] is None, name


def test_other_states(connect_server: Server) -> None:
    """What decides between ok, not_ok and unknown on its own, a few items a server."""
    server = connect_server
    one, two, three, four, five, six = (Estate(server, name) for name in ("s1", "s2", "s3", "s4", "s5", "s6"))
    expected: dict[str, Expected] = {}

    one.system(Caption="Microsoft Windows 11 Pro", ProductType=1).key(windows.DOTNET, None).key(windows.SHELL, None)
    one.key(windows.CURRENT, {"InstallationType": "Client"}).service(StartMode="Disabled")
    one.scheduler(SchedulerSuspended=True).write(
        "settings.json", {"auto_upgrade": "Suspended", "identity_type": "Magic"}
    )
    expected["s1"] = {
        "operating_system": ("not_ok", "Microsoft Windows 11 Pro is no server."),
        "desktop": ("not_ok", "installed as 'Client'"),
        "dotnet_framework": ("not_ok", "The server has no .NET Framework 4.5 or newer;"),
        "execution_policy": ("ok", "No execution policy is set"),
        "sync_service": ("not_ok", "The service ADSync is Running, Disabled."),
        "scheduler": ("not_ok", "The scheduler is suspended."),
        "auto_upgrade": ("not_ok", "Automatic upgrade is suspended"),
        "entra_sign_in": ("unknown", "The type 'Magic' is none that Microsoft documents."),
    }
    two.system(Caption="Server 2025", BuildNumber="26100").key(windows.CURRENT, {"UBR": 6900, "InstallationType": None})
    two.key(windows.POLICY, {"EnableScripts": 1, "ExecutionPolicy": "AllSigned"}).scheduler(MaintenanceEnabled=False)
    two.write(
        "settings.json",
        {"global": {"Microsoft.Synchronize.ServerConfigurationVersion": "2.5.79.0"}, "auto_upgrade": "?"},
    )
    expected["s2"] = {
        "operating_system": ("not_ok", "build 26100.6900 has a known problem"),
        "desktop": ("unknown", "could not be read: it is not there."),
        "execution_policy": ("not_ok", "The execution policy AllSigned may stop"),
        "version": ("not_ok", "the server's configuration is still that of 2.5.79.0: an upgrade was not finished."),
        "scheduler": ("not_ok", "Maintenance is disabled"),
        "auto_upgrade": ("unknown", "The state '?' is none"),
    }
    three.system(BuildNumber="26100").key(windows.CURRENT, {"UBR": 6901}).key(
        windows.SHELL, {"ExecutionPolicy": "Bypass"}
    )
    three.key(f"SOFTWARE\\{windows.NET}", 5).scheduler(CustomizedSyncCycleInterval="7.00:00:01")
    three.write("settings.json", {"password_hash_sync": dict.fromkeys(FORESTS, False)})
    expected["s3"] = {
        "operating_system": ("ok", "Windows Server 2025 (build 26100) is supported."),
        "execution_policy": ("ok", "Bypass lets scripts run"),
        "tls12": ("unknown", f"The registry key HKLM\\SOFTWARE\\{windows.NET} cannot be read (Windows error 5)."),
        "scheduler": ("not_ok", "A cycle every 7.00:00:01 is too seldom"),
        "password_hash_sync": ("ok", "Password hashes are not synchronized"),
    }
    four.system(BuildNumber="26100").key(windows.CURRENT, {"UBR": None}).key(windows.PROGRAM, {"DisplayVersion": "?"})
    four.write("settings.json", {"global": {"Microsoft.SynchronizationOption.AnchorAttribute": None}})
    four.write("faults.json", {"cmdlets": {"Get-ADSyncEntraConnectorCredential": "access_denied"}})
    expected["s4"] = {
        "operating_system": ("unknown", "the build's revision could not be read"),
        "version": ("unknown", "The version could not be read"),
        "source_anchor": ("unknown", "the server's settings do not name it."),
        "entra_sign_in": ("unknown", "Access is denied."),
    }
    five.system(BuildNumber="27000").write("connectors.json", []).write(
        "estate.json", {"anchor_attribute": "objectguid"}
    )
    expected["s5"] = {
        "operating_system": ("unknown", "Build 27000"),
        "connectors": ("not_ok", "no connector to Active Directory and none to Entra ID."),
        "source_anchor": ("ok", "The server makes ImmutableIds from objectguid."),
        "password_hash_sync": ("unknown", "there is no connector to Active Directory."),
    }
    # The newer of two entries counts: an upgrade may leave the old one behind.
    six.key(windows.UNINSTALL + "\\old", {"DisplayName": "Microsoft Azure AD Connect", "DisplayVersion": "2.10.1.0"})
    six.key(windows.UNINSTALL + "\\older", {"DisplayName": "Microsoft Azure AD Connect", "DisplayVersion": "2.5.3.0"})
    six.computer(TotalPhysicalMemory=int(5.9 * windows.GB))
    six.windows["classes"]["Win32_LogicalDisk"][0]["Size"] = 69 * windows.GB
    six.write("settings.json", {"global": {"Microsoft.Synchronize.ServerConfigurationVersion": None}})
    expected["s6"] = {
        "version": ("ok", "Entra Connect 2.10.1.0 is not older than 2.5.79.0."),
        "memory": ("ok", "has 6 GB"),
        "disk": ("ok", "has 69 GB"),
    }
    states = {estate.state.folder.name: estate.ready() for estate in (one, two, three, four, five, six)}
    results = server.everywhere("entra_connect_info", states)
    for name, items in expected.items():
        check(results[name], {**THRESHOLD, **items}, "ok")
    assert results["s3"]["password_hash_sync"] is False
    assert results["s3"]["server"]["tls12"] is None
    assert (results["s5"]["connectors"], results["s5"]["configured"]) == ([], False)


def test_before_the_wizard(connect_server: Server) -> None:
    """Where there is no module ADSync, the rest is read all the same."""
    without_adsync(connect_server)
    empty, waiting, hidden = (Estate(connect_server, name) for name in ("empty", "waiting", "hidden"))
    empty.key(windows.PROGRAM, None)
    for estate in empty, waiting, hidden:
        estate.windows["classes"]["Win32_Service"] = []
    hidden.windows["registry"] = "Access denied."
    states = {estate.state.folder.name: estate.ready() for estate in (empty, waiting, hidden)}
    results = connect_server.everywhere("entra_connect_info", states)

    absent = dict.fromkeys(
        CONNECT[3:], ("unknown", "could not be read: Entra Connect is not installed on this server.")
    )
    check(
        results["empty"],
        {
            **absent,
            "installed": ("not_ok", "Entra Connect is not among the installed programs."),
            "version": ("unknown", "Entra Connect is not installed."),
            "sync_service": ("not_ok", "There is no service ADSync"),
            **THRESHOLD,
        },
        "ok",
    )
    found = results["empty"]
    assert (found["installed"], found["version"], found["configured"]) == (False, None, False)

    unloaded = dict.fromkeys(CONNECT[3:], ("unknown", "The ADSync PowerShell module cannot be loaded on this host"))
    check(
        results["waiting"],
        {**unloaded, "sync_service": ("not_ok", "the wizard has not been finished"), **THRESHOLD},
        "ok",
    )
    found = results["waiting"]
    assert (found["installed"], found["version"], found["configured"]) == (True, "2.6.84.0", False)
    assert (found["scheduler"], found["connectors"], found["sync_service"]) == (None, None, None)

    found = results["hidden"]
    assert (found["installed"], found["version"], found["configured"]) == (None, None, None)
    assert {item["name"]: item["status"] for item in found["checks"]}["installed"] == "unknown"


def test_hardware_by_the_number_of_objects(connect_server: Server) -> None:
    connect_server.state.write("windows.json", windows.server())
    sizes = {49999: (6, 70), 50000: (16, 100), 100000: (32, 300), 300000: (32, 450), 600000: (32, 500)}
    steps: list[dict[str, Any]] = [{"directory_objects": number} for number in sizes]
    *results, negative = connect_server.steps("entra_connect_info", [*steps, {"directory_objects": -1}])
    for (number, (memory, disk)), result in zip(sizes.items(), results, strict=True):
        items = {item["name"]: item for item in result["checks"]}
        assert f"Microsoft asks for {memory} GB for {number} objects." in items["memory"]["reason"]
        assert f"asks for a disk of {disk} GB for {number} objects." in items["disk"]["reason"]
        assert items["memory"]["status"] == ("ok" if memory <= 16 else "not_ok")
        assert items["disk"]["status"] == ("ok" if disk <= 126 else "not_ok")
        assert ("needs a full SQL Server" in items["disk"]["reason"]) == (number >= 100000)
    assert (negative["failed"], negative["msg"]) == (True, "directory_objects must be 0 or more.")


def test_a_path_that_is_not_there_is_no_error(connect_server: Server, tmp_path: Path) -> None:
    result = connect_server.task("entra_connect_info", "--check", module_path=str(tmp_path / "nowhere"))
    assert not result["failed"], result["shown"]
    items = {item["name"]: item for item in result["checks"]}
    assert items["scheduler"]["status"] == "unknown"
    assert "set module_path to the folder that holds ADSync.psd1" in items["scheduler"]["reason"]
