# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

@{
    RootModule = 'ScheduledTasks.psm1'
    ModuleVersion = '1.0.0.0'
    GUID = '1d0c2d2c-9a5e-4a36-8c3d-6c1f0a7e6b42'
    Author = 'hybrid.identity contributors'
    Description = 'Stands in for the cmdlets of the Task Scheduler in the lab'
    PowerShellVersion = '5.1'
    FunctionsToExport = @(
        'New-ScheduledTaskAction', 'New-ScheduledTaskTrigger', 'New-ScheduledTaskPrincipal', 'New-ScheduledTaskSettingsSet',
        'Register-ScheduledTask', 'Unregister-ScheduledTask', 'Start-LabDueTask'
    )
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
}
