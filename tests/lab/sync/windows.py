# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Windows server as the stand-in module CimCmdlets shows it: ``windows.json`` beside the state of Entra Connect.

``{"classes": {CIM class: instance, list of them, or null}, "registry": {key below HKLM: {name: number or text}}}``.
A class, or the registry, that is a text fails with that text; a key that is a number fails with that code of Windows.
"""

from __future__ import annotations

from typing import Any

NET = "Microsoft\\.NETFramework\\v4.0.30319"
TLS = "SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2"
UNINSTALL = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
CURRENT = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
DOTNET = "SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full"
SHELL = "SOFTWARE\\Microsoft\\PowerShell\\1\\ShellIds\\Microsoft.PowerShell"
POLICY = "SOFTWARE\\Policies\\Microsoft\\Windows\\PowerShell"
PROGRAM = UNINSTALL + "\\{1C6E0A1B-6C8D-4F6B-9B65-3B1F0E0B7A11}"
GB = 1024**3


def server() -> dict[str, Any]:
    """A server that is ready for Entra Connect and has it: what Microsoft asks for is in facts §8."""
    dotnet = {"SystemDefaultTlsVersions": 1, "SchUseStrongCrypto": 1}
    enabled = {"Enabled": 1, "DisabledByDefault": 0}
    return {
        "classes": {
            "Win32_ComputerSystem": {"PartOfDomain": True, "Domain": "ad.contoso.com", "TotalPhysicalMemory": 16 * GB},
            "Win32_OperatingSystem": {
                "Caption": "Microsoft Windows Server 2022 Standard",
                "BuildNumber": "20348",
                "ProductType": 3,
                "SystemDrive": "C:",
            },
            "Win32_LogicalDisk": [
                {"DeviceID": "C:", "Size": 126 * GB, "FreeSpace": 80 * GB},
                {"DeviceID": "D:", "Size": 8 * GB, "FreeSpace": GB},
            ],
            "Win32_Service": [
                {"Name": "ADSync", "State": "Running", "StartMode": "Auto", "StartName": "NT SERVICE\\ADSync"},
                {
                    "Name": "W32Time",
                    "State": "Stopped",
                    "StartMode": "Manual",
                    "StartName": "NT AUTHORITY\\LocalService",
                },
            ],
        },
        "registry": {
            CURRENT: {"InstallationType": "Server", "UBR": 2849},
            DOTNET: {"Release": 528449},
            SHELL: {"ExecutionPolicy": "RemoteSigned"},
            f"SOFTWARE\\WOW6432Node\\{NET}": dict(dotnet),
            f"SOFTWARE\\{NET}": dict(dotnet),
            f"{TLS}\\Server": dict(enabled),
            f"{TLS}\\Client": dict(enabled),
            PROGRAM: {"DisplayName": "Microsoft Entra Connect Sync", "DisplayVersion": "2.6.84.0"},
            UNINSTALL + "\\{0B6E8F58-6A2B-4D33-8F5E-8D7F42B05C3A}": {
                "DisplayName": "Microsoft Azure AD Connect synchronization services",
                "DisplayVersion": "9.9.9.9",
            },
            UNINSTALL + "\\Connection Manager": {},
        },
    }
