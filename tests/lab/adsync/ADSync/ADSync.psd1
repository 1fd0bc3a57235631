# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

@{
    RootModule = 'ADSync.psm1'
    ModuleVersion = '1.0.0.0'
    GUID = '6f0b8f0e-51c3-4c39-9f28-0a1c9ee8d1b7'
    Author = 'hybrid.identity contributors'
    Description = 'Stands in for the ADSync module of Entra Connect in the lab'
    PowerShellVersion = '5.1'
    FunctionsToExport = @(
        'Start-ADSyncSyncCycle', 'Stop-ADSyncSyncCycle', 'Get-ADSyncScheduler', 'Set-ADSyncScheduler',
        'Get-ADSyncConnectorRunStatus', 'Get-ADSyncRunProfileResult', 'Get-ADSyncRunStepResult', 'Get-ADSyncConnector',
        'Get-ADSyncCSObject', 'Get-ADSyncGlobalSettings', 'Get-ADSyncAutoUpgrade',
        'Get-ADSyncAADPasswordSyncConfiguration', 'Get-ADSyncEntraConnectorCredential',
        # In place of the collection's own (module utils _ADSyncClock and _ConnectWindows), whose names they have.
        'Get-ConnectClock', 'Wait-ConnectPoll', 'Get-ServerAccount'
    )
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
}
