# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""entra_connect_info: every finding in each of its states. A made-up server a state; one playbook reads them all."""

from __future__ import annotations

from cases import Cases
from connect_estate import CONNECT, FILTERING, FORESTS, SERVER, THRESHOLD, Estate, Expected, check
from lab.sync import windows
from pwsh_server import ENTRA, MODULES, Server

CASES = Cases()
Ran = dict[str, Server]


def without_adsync(server: Server) -> None:
    """Let PowerShell find CIM, and no module ADSync."""
    folder = server.folder / "modules"
    folder.mkdir()
    (folder / "CimCmdlets").symlink_to(MODULES / "CimCmdlets")
    server.environment["PSModulePath"] = str(folder)


@CASES
def good(server: Server) -> None:
    Estate(server).read()


def test_a_finished_server(ran: Ran) -> None:
    [result] = ran["good"].results
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
    assert result["filtering"] == FILTERING
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


@CASES
def bad(server: Server) -> None:
    estate = Estate(server, anchor_attribute="employeeID", forests=[])
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
    estate.read()


BAD: Expected = {
    "domain_joined": ("not_ok", "The server is in the workgroup WORKGROUP, not in a domain."),
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
    "memory": ("not_ok", "The server has 4 GB of memory; Microsoft asks for 6 GB at least."),
    "disk": ("not_ok", "The system drive has 60 GB; Microsoft asks for a disk of 70 GB at least."),
    "installed": ("ok", "Entra Connect is installed."),
    "version": (
        "not_ok",
        "2.4.131.0 is older than 2.5.79.0. For older versions, all synchronization stopped on 30 September",
    ),
    "sync_service": ("not_ok", "The service ADSync is Stopped, Auto."),
    "connectors": ("not_ok", "The server has no connector to Entra ID."),
    "source_anchor": ("not_ok", "The server makes ImmutableIds from employeeID, but this collection only from"),
    "staging_mode": ("not_ok", "The server is in staging mode"),
    "scheduler": ("not_ok", "The scheduler is disabled and runs no cycles"),
    "password_hash_sync": ("not_ok", f"from {FORESTS[0]}, not from {FORESTS[1]}."),
    "auto_upgrade": ("not_ok", "Automatic upgrade is disabled."),
    "entra_sign_in": ("not_ok", "signs in to Entra ID with an account and its password."),
    **THRESHOLD,
}


@CASES
def unreadable(server: Server) -> None:
    estate = Estate(server)
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
    estate.read()


DENIED = ("domain_joined", "operating_system", "memory", "disk", "sync_service")
NO_REGISTRY = ("desktop", "dotnet_framework", "execution_policy", "tls12", "version")
UNREADABLE: Expected = {
    **dict.fromkeys(DENIED, ("unknown", "could not be read: Access denied.")),
    **dict.fromkeys(NO_REGISTRY, ("unknown", "could not be read: The RPC server")),
    **dict.fromkeys(CONNECT[3:-1], ("unknown", "could not be read: The service is stopped.")),
    # The module ADSync was loaded, so Entra Connect is there.
    "installed": ("ok", "Entra Connect is installed."),
    **THRESHOLD,
}


def test_what_is_wrong_and_what_cannot_be_read(ran: Ran) -> None:
    [wrong], [unknown] = ran["bad"].results, ran["unreadable"].results
    for result, expected in ((wrong, BAD), (unknown, UNREADABLE)):
        assert set(expected) == {*SERVER, *CONNECT}
        check(result, expected)
    assert (wrong["configured"], wrong["staging_mode"], wrong["source_anchor"]) == (False, True, "employeeID")
    assert (wrong["password_hash_sync"], wrong["auto_upgrade"]) == (None, "disabled")
    assert (wrong["version"], wrong["connector_identity_type"]) == ("2.4.131.0", "ServiceAccount")
    assert (wrong["filtering"], unknown["filtering"]) == (None, None)
    assert set(unknown["server"].values()) == {None}
    for name in "version", "configured", "source_anchor", "staging_mode", "scheduler", "connectors", "sync_service":
        assert unknown[name] is None, name


def before_the_wizard(server: Server) -> Estate:
    without_adsync(server)
    estate = Estate(server)
    estate.windows["classes"]["Win32_Service"] = []
    return estate


@CASES
def empty(server: Server) -> None:
    before_the_wizard(server).key(windows.PROGRAM, None).read()


@CASES
def waiting(server: Server) -> None:
    before_the_wizard(server).read()


@CASES
def hidden(server: Server) -> None:
    estate = before_the_wizard(server)
    estate.windows["registry"] = "Access denied."
    estate.read()


def test_before_the_wizard(ran: Ran) -> None:
    """Where there is no module ADSync, the rest is read all the same."""
    results = {name: ran[name].results[0] for name in ("empty", "waiting", "hidden")}
    absent = dict.fromkeys(
        CONNECT[3:], ("unknown", "could not be read: Entra Connect is not installed on this server.")
    )
    check(
        results["empty"],
        {
            **absent,
            "installed": ("not_ok", "Entra Connect is not in the list of installed programs."),
            "version": ("unknown", "Entra Connect is not installed."),
            "sync_service": ("not_ok", "There is no service ADSync"),
            **THRESHOLD,
        },
        "ok",
    )
    found = results["empty"]
    assert (found["installed"], found["version"], found["configured"]) == (False, None, False)

    unloaded = dict.fromkeys(CONNECT[3:], ("unknown", "The PowerShell module ADSync cannot be loaded on this host"))
    check(
        results["waiting"],
        {**unloaded, "sync_service": ("not_ok", "the wizard is not complete"), **THRESHOLD},
        "ok",
    )
    found = results["waiting"]
    assert (found["installed"], found["version"], found["configured"]) == (True, "2.6.84.0", False)
    assert (found["scheduler"], found["connectors"], found["sync_service"]) == (None, None, None)

    found = results["hidden"]
    assert (found["installed"], found["version"], found["configured"]) == (None, None, None)
    assert {item["name"]: item["status"] for item in found["checks"]}["installed"] == "unknown"


SIZES = {49999: (6, 70), 50000: (16, 100), 100000: (32, 300), 300000: (32, 450), 600000: (32, 500)}


@CASES
def sizes(server: Server) -> None:
    estate = Estate(server)
    for number in (*SIZES, -1):
        estate.read(directory_objects=number)


def test_hardware_by_the_number_of_objects(ran: Ran) -> None:
    *results, negative = ran["sizes"].results
    for (number, (memory, disk)), result in zip(SIZES.items(), results, strict=True):
        items = {item["name"]: item for item in result["checks"]}
        assert f"Microsoft asks for {memory} GB for {number} objects." in items["memory"]["reason"]
        assert f"asks for a disk of {disk} GB for {number} objects." in items["disk"]["reason"]
        assert items["memory"]["status"] == ("ok" if memory <= 16 else "not_ok")
        assert items["disk"]["status"] == ("ok" if disk <= 126 else "not_ok")
        assert ("needs a full SQL Server" in items["disk"]["reason"]) == (number >= 100000)
    assert (negative["failed"], negative["msg"]) == (True, "directory_objects must be 0 or more.")


@CASES
def no_path(server: Server) -> None:
    Estate(server).read(check=True, module_path=str(server.folder / "nowhere"))


def test_a_path_that_is_not_there_is_no_error(ran: Ran) -> None:
    [result] = ran["no_path"].results
    assert not result["failed"], result["shown"]
    items = {item["name"]: item for item in result["checks"]}
    assert items["scheduler"]["status"] == "unknown"
    assert "Set module_path to the folder that contains ADSync.psd1" in items["scheduler"]["reason"]
