# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

@{
    RootModule = 'CimCmdlets.psm1'
    ModuleVersion = '1.0.0.0'
    GUID = 'f2a3a4b7-7d6c-4a43-9d5b-6d1f3a2c8e55'
    Author = 'hybrid.identity contributors'
    Description = 'Stands in for the CIM cmdlets of Windows in the lab'
    PowerShellVersion = '5.1'
    FunctionsToExport = @('Get-CimInstance', 'Invoke-CimMethod')
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
}
